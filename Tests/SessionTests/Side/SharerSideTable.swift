/// The sharer's machine and its side requests: for each thing that happens, what it does in which state.
///
/// `!` is a refusal, `>` a message to the peer, `=` the new status, `.` nothing; the rest are events in their order.
let sharerSideTable = """
    yes
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | clipboard granted | tcp granted] ! There is no such open request.
      [file asked | file and control asked] GRANTED 2 file of helper by sharer; > granted 7 file
      [clipboard asked] GRANTED 2 clipboard of helper by sharer; > granted 8 clipboard
      [tcp asked] GRANTED 2 tcp of helper by sharer; > granted 9 tcp
      [control and file asked] granted control by sharer; > granted 3 control; = view granted, control granted
      [ended] ! The session has ended.
    no
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | clipboard granted | tcp granted] ! There is no such open request.
      [file asked | file and control asked] denied 2 file of helper by sharer; > denied 7 file by sharer
      [clipboard asked] denied 2 clipboard of helper by sharer; > denied 8 clipboard by sharer
      [tcp asked] denied 2 tcp of helper by sharer; > denied 9 tcp by sharer
      [control and file asked] denied control by sharer; > denied 3 control by sharer; = view granted, control none
      [ended] ! The session has ended.
    yes 99
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    61 s
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | clipboard granted | tcp granted | ended] .
      [file asked] denied 2 file of helper by timeout; > denied 7 file by timeout
      [clipboard asked] denied 2 clipboard of helper by timeout; > denied 8 clipboard by timeout
      [tcp asked] denied 2 tcp of helper by timeout; > denied 9 tcp by timeout
      [control and file asked] denied control by timeout; denied 3 file of helper by timeout; > denied 3 control by timeout; > denied 7 file by timeout; = view granted, control none
      [file and control asked] denied control by timeout; denied 2 file of helper by timeout; > denied 3 control by timeout; > denied 7 file by timeout; = view granted, control none
    ask file
      [nobody let in] ! not granted view
      [let in] > ask 2 file
      [file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted] > ask 3 file
      [control and file asked | file and control asked] > ask 4 file
      [ended] ! The session has ended.
    request clipboard
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    ask tcp
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    ask another tcp
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    stop
      [nobody let in | paused, file granted] ended finished; > end finished; = ended finished
      [let in | file asked | file granted | asking file | sending file | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked] STOP; ended finished; > end finished; = ended finished
      [ended] ! The session has ended.
    < ask 7 file
      [nobody let in] denied file by policy; > denied 7 file by policy
      [let in] asked 2 file of helper
      [file asked | file granted | paused, file granted | control and file asked | file and control asked] > denied 7 file by policy
      [asking file | sending file | clipboard asked | clipboard granted | tcp asked | tcp granted] asked 3 file of helper
      [ended] .
    < ask 50 file
      [nobody let in] denied file by policy; > denied 50 file by policy
      [let in] asked 2 file of helper
      [file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted] asked 3 file of helper
      [control and file asked | file and control asked] asked 4 file of helper
      [ended] .
    < ask 51 clipboard
      [nobody let in] denied clipboard by policy; > denied 51 clipboard by policy
      [let in] asked 2 clipboard of helper
      [file asked | file granted | asking file | sending file | paused, file granted | tcp asked | tcp granted] asked 3 clipboard of helper
      [clipboard asked | clipboard granted] > denied 51 clipboard by policy
      [control and file asked | file and control asked] asked 4 clipboard of helper
      [ended] .
    < ask 52 tcp
      [nobody let in] denied tcp by policy; > denied 52 tcp by policy
      [let in] asked 2 tcp of helper
      [file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted] asked 3 tcp of helper
      [tcp asked | tcp granted] > denied 52 tcp by policy
      [control and file asked | file and control asked] asked 4 tcp of helper
      [ended] .
    < ask 53 another tcp
      [not ended] denied tcp by policy; > denied 53 tcp by policy
      [ended] .
    < granted 2 file
      [nobody let in | let in | file asked | file granted | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked] > withdrawn 2 file
      [asking file] GRANTED 2 file of sharer by helper
      [sending file | ended] .
    < granted 99 file
      [not ended] > withdrawn 99 file
      [ended] .
    < denied 2 file
      [nobody let in | let in | file asked | file granted | sending file | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked | ended] .
      [asking file] denied 2 file of sharer by helper
    < denied 2 file in our name
      [nobody let in | let in | file asked | file granted | sending file | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked | ended] .
      [asking file] denied 2 file of sharer by helper
    < withdrawn 7 file
      [nobody let in | let in | asking file | sending file | clipboard asked | clipboard granted | tcp asked | tcp granted | ended] .
      [file asked | file and control asked] denied 2 file of helper by helper
      [file granted | paused, file granted] REVOKED 2 file of helper by helper
      [control and file asked] denied 3 file of helper by helper
    < withdrawn 7 tcp
      [any] .
    < rules
      [nobody let in] rules
      [let in | file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked | ended] .
    revoke file
      [nobody let in | let in | clipboard asked | clipboard granted | tcp asked | tcp granted] ! not granted file
      [file asked | file and control asked] denied 2 file of helper by sharer; > revoked file by sharer
      [file granted | paused, file granted] REVOKED 2 file of helper by sharer; > revoked file by sharer
      [asking file] denied 2 file of sharer by sharer; > revoked file by sharer
      [sending file] REVOKED 2 file of sharer by sharer; > revoked file by sharer
      [control and file asked] denied 3 file of helper by sharer; > revoked file by sharer
      [ended] ! The session has ended.
    revoke clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | tcp asked | tcp granted | control and file asked | file and control asked] ! not granted clipboard
      [clipboard asked] denied 2 clipboard of helper by sharer; > revoked clipboard by sharer
      [clipboard granted] REVOKED 2 clipboard of helper by sharer; > revoked clipboard by sharer
      [ended] ! The session has ended.
    revoke tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted | control and file asked | file and control asked] ! not granted tcp
      [tcp asked] denied 2 tcp of helper by sharer; > revoked tcp by sharer
      [tcp granted] REVOKED 2 tcp of helper by sharer; > revoked tcp by sharer
      [ended] ! The session has ended.
    revoke view
      [nobody let in] ! not granted view
      [let in] STOP; revoked view by sharer; > revoked view by sharer; = view none, control none
      [file asked] STOP; denied 2 file of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [file granted] STOP; REVOKED 2 file of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [asking file] STOP; denied 2 file of sharer by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [sending file] STOP; REVOKED 2 file of sharer by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [paused, file granted] REVOKED 2 file of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [clipboard asked] STOP; denied 2 clipboard of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [clipboard granted] STOP; REVOKED 2 clipboard of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [tcp asked] STOP; denied 2 tcp of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [tcp granted] STOP; REVOKED 2 tcp of helper by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [control and file asked] STOP; denied 3 file of helper by sharer; denied control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [file and control asked] STOP; denied 2 file of helper by sharer; denied control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [ended] ! The session has ended.
    < release file
      [nobody let in | let in | clipboard asked | clipboard granted | tcp asked | tcp granted | ended] .
      [file asked | file and control asked] denied 2 file of helper by helper
      [file granted | paused, file granted] REVOKED 2 file of helper by helper
      [asking file] denied 2 file of sharer by helper
      [sending file] REVOKED 2 file of sharer by helper
      [control and file asked] denied 3 file of helper by helper
    < release clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | tcp asked | tcp granted | control and file asked | file and control asked | ended] .
      [clipboard asked] denied 2 clipboard of helper by helper
      [clipboard granted] REVOKED 2 clipboard of helper by helper
    < release tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | clipboard asked | clipboard granted | control and file asked | file and control asked | ended] .
      [tcp asked] denied 2 tcp of helper by helper
      [tcp granted] REVOKED 2 tcp of helper by helper
    < release view
      [nobody let in | ended] .
      [let in] STOP; revoked view by helper; = view none, control none
      [file asked] STOP; denied 2 file of helper by helper; revoked view by helper; = view none, control none
      [file granted] STOP; REVOKED 2 file of helper by helper; revoked view by helper; = view none, control none
      [asking file] STOP; denied 2 file of sharer by helper; revoked view by helper; = view none, control none
      [sending file] STOP; REVOKED 2 file of sharer by helper; revoked view by helper; = view none, control none
      [paused, file granted] REVOKED 2 file of helper by helper; revoked view by helper; = view none, control none
      [clipboard asked] STOP; denied 2 clipboard of helper by helper; revoked view by helper; = view none, control none
      [clipboard granted] STOP; REVOKED 2 clipboard of helper by helper; revoked view by helper; = view none, control none
      [tcp asked] STOP; denied 2 tcp of helper by helper; revoked view by helper; = view none, control none
      [tcp granted] STOP; REVOKED 2 tcp of helper by helper; revoked view by helper; = view none, control none
      [control and file asked] STOP; denied 3 file of helper by helper; denied control by helper; revoked view by helper; = view none, control none
      [file and control asked] STOP; denied 2 file of helper by helper; denied control by helper; revoked view by helper; = view none, control none
    < withdrawn 8 clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | tcp asked | tcp granted | control and file asked | file and control asked | ended] .
      [clipboard asked] denied 2 clipboard of helper by helper
      [clipboard granted] REVOKED 2 clipboard of helper by helper
    < granted 2 tcp
      [nobody let in | paused, file granted] ended error; > end error; = ended error
      [let in | file asked | file granted | asking file | sending file | clipboard asked | clipboard granted | tcp asked | tcp granted | control and file asked | file and control asked] STOP; ended error; > end error; = ended error
      [ended] .
    """
