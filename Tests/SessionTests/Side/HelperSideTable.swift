/// The helper's machine and its side requests: for each thing that happens, what it does in which state.
///
/// `!` is a refusal, `>` a message to the peer, `=` the new status, `.` nothing; the rest are events in their order.
let helperSideTable = """
    yes
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] ! There is no such open request.
      [file asked] GRANTED 2 file of sharer by helper; > granted 7 file
      [ended] ! The session has ended.
    no
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] ! There is no such open request.
      [file asked] denied 2 file of sharer by helper; > denied 7 file by helper
      [ended] ! The session has ended.
    yes 99
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    61 s
      [nobody let in | let in | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
      [file asked] denied 2 file of sharer by timeout; > denied 7 file by timeout
    ask file
      [nobody let in] ! not granted view
      [let in] > ask 2 file
      [file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] > ask 3 file
      [ended] ! The session has ended.
    request clipboard
      [nobody let in] ! not granted view
      [let in] > ask 2 clipboard
      [file asked | file granted | asking file | sending file | paused, file granted | asking tcp | tcp granted] > ask 3 clipboard
      [asking clipboard] ! That has been asked already; the answer is still open.
      [clipboard granted] ! That has been granted already.
      [ended] ! The session has ended.
    ask tcp
      [nobody let in] ! not granted view
      [let in] > ask 2 tcp
      [file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted] > ask 3 tcp
      [asking tcp] ! That has been asked already; the answer is still open.
      [tcp granted] ! That has been granted already.
      [ended] ! The session has ended.
    ask another tcp
      [nobody let in] ! not granted view
      [let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] ! not allowed there tcp
      [ended] ! The session has ended.
    stop
      [not ended] ended finished; > end finished; = ended finished
      [ended] ! The session has ended.
    < ask 7 file
      [nobody let in] denied file by policy; > denied 7 file by policy
      [let in] asked 2 file of sharer
      [file asked | file granted | paused, file granted] > denied 7 file by policy
      [asking file | sending file | asking clipboard | clipboard granted | asking tcp | tcp granted] asked 3 file of sharer
      [ended] .
    < ask 50 file
      [nobody let in] denied file by policy; > denied 50 file by policy
      [let in] asked 2 file of sharer
      [file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] asked 3 file of sharer
      [ended] .
    < ask 51 clipboard
      [not ended] denied clipboard by policy; > denied 51 clipboard by policy
      [ended] .
    < ask 52 tcp
      [not ended] denied tcp by policy; > denied 52 tcp by policy
      [ended] .
    < ask 53 another tcp
      [not ended] denied tcp by policy; > denied 53 tcp by policy
      [ended] .
    < granted 2 file
      [nobody let in | let in | file asked | file granted | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted] > withdrawn 2 file
      [asking file] GRANTED 2 file of helper by sharer
      [sending file | ended] .
    < granted 99 file
      [not ended] > withdrawn 99 file
      [ended] .
    < denied 2 file
      [nobody let in | let in | file asked | file granted | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
      [asking file] denied 2 file of helper by sharer
    < denied 2 file in our name
      [nobody let in | let in | file asked | file granted | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
      [asking file] denied 2 file of helper by sharer
    < withdrawn 7 file
      [nobody let in | let in | asking file | sending file | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
      [file asked] denied 2 file of sharer by sharer
      [file granted | paused, file granted] REVOKED 2 file of sharer by sharer
    < withdrawn 7 tcp
      [any] .
    < rules
      [nobody let in] rules
      [let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
    release file
      [nobody let in | let in | asking clipboard | clipboard granted | asking tcp | tcp granted] ! not granted file
      [file asked] denied 2 file of sharer by helper; > release file
      [file granted | paused, file granted] REVOKED 2 file of sharer by helper; > release file
      [asking file] denied 2 file of helper by helper; > release file
      [sending file] REVOKED 2 file of helper by helper; > release file
      [ended] ! The session has ended.
    release clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking tcp | tcp granted] ! not granted clipboard
      [asking clipboard] denied 2 clipboard of helper by helper; > release clipboard
      [clipboard granted] REVOKED 2 clipboard of helper by helper; > release clipboard
      [ended] ! The session has ended.
    release tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted] ! not granted tcp
      [asking tcp] denied 2 tcp of helper by helper; > release tcp
      [tcp granted] REVOKED 2 tcp of helper by helper; > release tcp
      [ended] ! The session has ended.
    release view
      [nobody let in] denied view by helper; > release view; = view none, control none
      [let in] revoked view by helper; > release view; = view none, control none
      [file asked] denied 2 file of sharer by helper; revoked view by helper; > release view; = view none, control none
      [file granted | paused, file granted] REVOKED 2 file of sharer by helper; revoked view by helper; > release view; = view none, control none
      [asking file] denied 2 file of helper by helper; revoked view by helper; > release view; = view none, control none
      [sending file] REVOKED 2 file of helper by helper; revoked view by helper; > release view; = view none, control none
      [asking clipboard] denied 2 clipboard of helper by helper; revoked view by helper; > release view; = view none, control none
      [clipboard granted] REVOKED 2 clipboard of helper by helper; revoked view by helper; > release view; = view none, control none
      [asking tcp] denied 2 tcp of helper by helper; revoked view by helper; > release view; = view none, control none
      [tcp granted] REVOKED 2 tcp of helper by helper; revoked view by helper; > release view; = view none, control none
      [ended] ! The session has ended.
    < revoked file
      [nobody let in | let in | asking clipboard | clipboard granted | asking tcp | tcp granted | ended] .
      [file asked] denied 2 file of sharer by sharer
      [file granted | paused, file granted] REVOKED 2 file of sharer by sharer
      [asking file] denied 2 file of helper by sharer
      [sending file] REVOKED 2 file of helper by sharer
    < revoked clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking tcp | tcp granted | ended] .
      [asking clipboard] denied 2 clipboard of helper by sharer
      [clipboard granted] REVOKED 2 clipboard of helper by sharer
    < revoked tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | ended] .
      [asking tcp] denied 2 tcp of helper by sharer
      [tcp granted] REVOKED 2 tcp of helper by sharer
    < revoked view
      [nobody let in | ended] .
      [let in] revoked view by sharer; = view none, control none
      [file asked] denied 2 file of sharer by sharer; revoked view by sharer; = view none, control none
      [file granted | paused, file granted] REVOKED 2 file of sharer by sharer; revoked view by sharer; = view none, control none
      [asking file] denied 2 file of helper by sharer; revoked view by sharer; = view none, control none
      [sending file] REVOKED 2 file of helper by sharer; revoked view by sharer; = view none, control none
      [asking clipboard] denied 2 clipboard of helper by sharer; revoked view by sharer; = view none, control none
      [clipboard granted] REVOKED 2 clipboard of helper by sharer; revoked view by sharer; = view none, control none
      [asking tcp] denied 2 tcp of helper by sharer; revoked view by sharer; = view none, control none
      [tcp granted] REVOKED 2 tcp of helper by sharer; revoked view by sharer; = view none, control none
    < granted 2 clipboard
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking tcp | tcp granted] > withdrawn 2 clipboard
      [asking clipboard] GRANTED 2 clipboard of helper by sharer
      [clipboard granted | ended] .
    < granted 2 tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted] > withdrawn 2 tcp
      [asking tcp] GRANTED 2 tcp of helper by sharer
      [tcp granted | ended] .
    < denied 2 tcp
      [nobody let in | let in | file asked | file granted | asking file | sending file | paused, file granted | asking clipboard | clipboard granted | tcp granted | ended] .
      [asking tcp] denied 2 tcp of helper by timeout
    """
