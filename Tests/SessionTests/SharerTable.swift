/// The sharer's machine: for each thing that happens, what it does in which state.
///
/// `!` is a refusal, `>` a message to the peer, `=` the new status, `.` nothing; the rest are events in their order.
let sharerTable = """
    yes
      [connected | viewing | viewing, control | paused | paused, control] ! There is no such open request.
      [asking-to-view] granted view by sharer; START; > granted 7 view; = view granted, control none
      [viewing, asking-control] granted control by sharer; > granted 8 control; = view granted, control granted
      [paused, asking-control] granted control by sharer; > granted 8 control; = view granted, control granted, paused
      [ended] ! The session has ended.
    yes 99
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    no
      [connected | viewing | viewing, control | paused | paused, control] ! There is no such open request.
      [asking-to-view] denied view by sharer; ended declined; > denied 7 view by sharer; > end declined; = ended declined
      [viewing, asking-control] denied control by sharer; > denied 8 control by sharer; = view granted, control none
      [paused, asking-control] denied control by sharer; > denied 8 control by sharer; = view granted, control none, paused
      [ended] ! The session has ended.
    pause
      [connected | asking-to-view] ! not granted view
      [viewing] STOP; paused; > paused; = view granted, control none, paused
      [viewing, asking-control] STOP; paused; > paused; = view granted, control asked, paused
      [viewing, control] let go 1; STOP; paused; > paused; = view granted, control granted, paused
      [paused | paused, asking-control | paused, control] ! The session is paused.
      [ended] ! The session has ended.
    resume
      [connected | asking-to-view] ! not granted view
      [viewing | viewing, asking-control | viewing, control] ! The session is not paused.
      [paused] resumed; START; > resumed; = view granted, control none
      [paused, asking-control] resumed; START; > resumed; = view granted, control asked
      [paused, control] resumed; START; > resumed; = view granted, control granted
      [ended] ! The session has ended.
    revoke control
      [connected | asking-to-view | viewing | paused] ! not granted control
      [viewing, asking-control] denied control by sharer; > denied 8 control by sharer; = view granted, control none
      [viewing, control] let go 1; revoked control by sharer; > revoked control by sharer; = view granted, control none
      [paused, asking-control] denied control by sharer; > denied 8 control by sharer; = view granted, control none, paused
      [paused, control] revoked control by sharer; > revoked control by sharer; = view granted, control none, paused
      [ended] ! The session has ended.
    revoke view
      [connected] ! not granted view
      [asking-to-view] denied view by sharer; ended declined; > denied 7 view by sharer; > end declined; = ended declined
      [viewing] STOP; revoked view by sharer; > revoked view by sharer; = view none, control none
      [viewing, asking-control] STOP; denied control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [viewing, control] let go 1; STOP; revoked control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [paused] revoked view by sharer; > revoked view by sharer; = view none, control none
      [paused, asking-control] denied control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [paused, control] revoked control by sharer; revoked view by sharer; > revoked view by sharer; = view none, control none
      [ended] ! The session has ended.
    request view
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    request control
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    request file
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    release control
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    release view
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    press a
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    ask key frame
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    acknowledge
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    say
      [not ended] > chat
      [ended] ! The session has ended.
    stop
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended finished; > end finished; = ended finished
      [viewing | viewing, asking-control] STOP; ended finished; > end finished; = ended finished
      [viewing, control] let go 1; STOP; ended finished; > end finished; = ended finished
      [ended] ! The session has ended.
    display lost
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended display-lost; > end display-lost; = ended display-lost
      [viewing | viewing, asking-control] STOP; ended display-lost; > end display-lost; = ended display-lost
      [viewing, control] let go 1; STOP; ended display-lost; > end display-lost; = ended display-lost
      [ended] .
    61 s
      [connected | viewing | viewing, control | paused | paused, control | ended] .
      [asking-to-view] denied view by timeout; ended timeout; > denied 7 view by timeout; > end timeout; = ended timeout
      [viewing, asking-control] denied control by timeout; > denied 8 control by timeout; = view granted, control none
      [paused, asking-control] denied control by timeout; > denied 8 control by timeout; = view granted, control none, paused
    < request view
      [connected] request 1 view; = view asked, control none
      [asking-to-view | viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control] > denied 50 view by policy
      [ended] .
    < request control
      [connected | asking-to-view] denied control by policy; > denied 51 control by policy
      [viewing] request 2 control; = view granted, control asked
      [viewing, asking-control | viewing, control | paused, asking-control | paused, control] > denied 51 control by policy
      [paused] request 2 control; = view granted, control asked, paused
      [ended] .
    < request file
      [not ended] denied file by policy; > denied 52 file by policy
      [ended] .
    < granted 1 view
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < granted 2 control
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < granted 99
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < denied 1 view
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < denied 2 control
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < revoked control
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < revoked view
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < release control
      [connected | asking-to-view | viewing | paused | ended] .
      [viewing, asking-control] denied control by helper; = view granted, control none
      [viewing, control] let go 1; revoked control by helper; = view granted, control none
      [paused, asking-control] denied control by helper; = view granted, control none, paused
      [paused, control] revoked control by helper; = view granted, control none, paused
    < release view
      [connected | ended] .
      [asking-to-view] denied view by helper; = view none, control none
      [viewing] STOP; revoked view by helper; = view none, control none
      [viewing, asking-control] STOP; denied control by helper; revoked view by helper; = view none, control none
      [viewing, control] let go 1; STOP; revoked control by helper; revoked view by helper; = view none, control none
      [paused] revoked view by helper; = view none, control none
      [paused, asking-control] denied control by helper; revoked view by helper; = view none, control none
      [paused, control] revoked control by helper; revoked view by helper; = view none, control none
    < paused
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < resumed
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    < chat
      [not ended] chat
      [ended] .
    < press a
      [connected | asking-to-view | viewing | viewing, asking-control | paused | paused, asking-control | paused, control | ended] .
      [viewing, control] input
    < key frame
      [connected | asking-to-view | paused | paused, asking-control | paused, control | ended] .
      [viewing | viewing, asking-control | viewing, control] key frame
    < acknowledge
      [connected | asking-to-view | paused | paused, asking-control | paused, control | ended] .
      [viewing | viewing, asking-control | viewing, control] shown 3
    < end
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended finished; = ended finished
      [viewing | viewing, asking-control] STOP; ended finished; = ended finished
      [viewing, control] let go 1; STOP; ended finished; = ended finished
      [ended] .
    < unknown
      [any] .
    < malformed
      [connected | asking-to-view | paused | paused, asking-control | paused, control] ended error; > end error; = ended error
      [viewing | viewing, asking-control] STOP; ended error; > end error; = ended error
      [viewing, control] let go 1; STOP; ended error; > end error; = ended error
      [ended] .
    """
