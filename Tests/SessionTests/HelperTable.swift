/// The helper's machine: for each thing that happens, what it does in which state.
///
/// `!` is a refusal, `>` a message to the peer, `=` the new status, `.` nothing; the rest are events in their order.
let helperTable = """
    yes
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    yes 99
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    no
      [not ended] ! There is no such open request.
      [ended] ! The session has ended.
    pause
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    resume
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    revoke control
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    revoke view
      [not ended] ! Only the other side can do that.
      [ended] ! The session has ended.
    request view
      [asking-to-view] ! That has been asked already; the answer is still open.
      [connected] > request 2 view; = view asked, control none
      [viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control] ! That has been granted already.
      [ended] ! The session has ended.
    request control
      [asking-to-view | connected] ! not granted view
      [viewing] > request 2 control; = view granted, control asked
      [viewing, asking-control | paused, asking-control] ! That has been asked already; the answer is still open.
      [viewing, control | paused, control] ! That has been granted already.
      [paused] > request 2 control; = view granted, control asked, paused
      [ended] ! The session has ended.
    request file
      [not ended] ! not available file
      [ended] ! The session has ended.
    release control
      [asking-to-view | connected | viewing | paused] ! not granted control
      [viewing, asking-control] denied control by helper; > release control; = view granted, control none
      [viewing, control] revoked control by helper; > release control; = view granted, control none
      [paused, asking-control] denied control by helper; > release control; = view granted, control none, paused
      [paused, control] revoked control by helper; > release control; = view granted, control none, paused
      [ended] ! The session has ended.
    release view
      [asking-to-view] denied view by helper; > release view; = view none, control none
      [connected] ! not granted view
      [viewing | paused] revoked view by helper; > release view; = view none, control none
      [viewing, asking-control | paused, asking-control] denied control by helper; revoked view by helper; > release view; = view none, control none
      [viewing, control | paused, control] revoked control by helper; revoked view by helper; > release view; = view none, control none
      [ended] ! The session has ended.
    press a
      [asking-to-view | connected | viewing | viewing, asking-control | paused | paused, asking-control] ! not granted control
      [viewing, control] > input
      [paused, control] ! The session is paused.
      [ended] ! The session has ended.
    ask key frame
      [asking-to-view | connected] ! not granted view
      [viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control] > key frame
      [ended] ! The session has ended.
    acknowledge
      [asking-to-view | connected] ! not granted view
      [viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control] > shown 3
      [ended] ! The session has ended.
    say
      [not ended] > chat
      [ended] ! The session has ended.
    stop
      [not ended] ended finished; > end finished; = ended finished
      [ended] ! The session has ended.
    display lost
      [not ended] ended display-lost; > end display-lost; = ended display-lost
      [ended] .
    61 s
      [any] .
    < request view
      [not ended] > denied 50 view by policy
      [ended] .
    < request control
      [not ended] > denied 51 control by policy
      [ended] .
    < request file
      [not ended] denied file by policy; > denied 52 file by policy
      [ended] .
    < granted 1 view
      [asking-to-view] granted view by sharer; = view granted, control none
      [connected | viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control | ended] .
    < granted 2 control
      [asking-to-view | connected | viewing | viewing, control | paused | paused, control | ended] .
      [viewing, asking-control] granted control by sharer; = view granted, control granted
      [paused, asking-control] granted control by sharer; = view granted, control granted, paused
    < granted 99
      [any] .
    < denied 1 view
      [asking-to-view] denied view by sharer; ended declined; > end declined; = ended declined
      [connected | viewing | viewing, asking-control | viewing, control | paused | paused, asking-control | paused, control | ended] .
    < denied 2 control
      [asking-to-view | connected | viewing | viewing, control | paused | paused, control | ended] .
      [viewing, asking-control] denied control by sharer; = view granted, control none
      [paused, asking-control] denied control by sharer; = view granted, control none, paused
    < revoked control
      [asking-to-view | connected | viewing | viewing, asking-control | paused | paused, asking-control | ended] .
      [viewing, control] revoked control by sharer; = view granted, control none
      [paused, control] revoked control by sharer; = view granted, control none, paused
    < revoked view
      [asking-to-view | connected | ended] .
      [viewing | paused] revoked view by sharer; = view none, control none
      [viewing, asking-control | paused, asking-control] denied control by sharer; revoked view by sharer; = view none, control none
      [viewing, control | paused, control] revoked control by sharer; revoked view by sharer; = view none, control none
    < release control
      [not ended] ended error; > end error; = ended error
      [ended] .
    < release view
      [not ended] ended error; > end error; = ended error
      [ended] .
    < paused
      [asking-to-view | connected | paused | paused, asking-control | paused, control | ended] .
      [viewing] paused; = view granted, control none, paused
      [viewing, asking-control] paused; = view granted, control asked, paused
      [viewing, control] paused; = view granted, control granted, paused
    < resumed
      [asking-to-view | connected | viewing | viewing, asking-control | viewing, control | ended] .
      [paused] resumed; = view granted, control none
      [paused, asking-control] resumed; = view granted, control asked
      [paused, control] resumed; = view granted, control granted
    < chat
      [not ended] chat
      [ended] .
    < press a
      [not ended] ended error; > end error; = ended error
      [ended] .
    < key frame
      [not ended] ended error; > end error; = ended error
      [ended] .
    < acknowledge
      [not ended] ended error; > end error; = ended error
      [ended] .
    < end
      [not ended] ended finished; = ended finished
      [ended] .
    < unknown
      [any] .
    < malformed
      [not ended] ended error; > end error; = ended error
      [ended] .
    """
