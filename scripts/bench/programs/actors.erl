%% What the figures `tell` and `ask` measure, as it is written in Erlang. Prints a rate a second.
-module(actors).
-export([tell/2, windowed/2, ask/1, call/1]).

%% Senders that send as fast as they can, each to a receiver of its own.
tell(Pairs, Total) ->
  Each = Total div Pairs,
  rate(Total, fun(Self) ->
    [spawn(fun() -> flood(Each, spawn(fun() -> count(Each, Self) end)) end) || _ <- lists:seq(1, Pairs)],
    gather(Pairs)
  end).

flood(0, _) -> ok;
flood(Left, To) -> To ! {number, Left, self()}, flood(Left - 1, To).

count(0, Done) -> Done ! done;
count(Left, Done) -> receive {number, _, _} -> count(Left - 1, Done) end.

%% The same, with at most 512 under way: as it has to be where mailboxes are bounded.
windowed(Pairs, Total) ->
  Each = Total div Pairs,
  rate(Total, fun(Self) ->
    [spawn(fun() -> burst(Each, spawn(fun() -> count(Each, 512, Self) end)) end) || _ <- lists:seq(1, Pairs)],
    gather(Pairs)
  end).

burst(0, _) -> ok;
burst(Left, To) -> Size = min(Left, 512), flood(Size, To), receive more -> burst(Left - Size, To) end.

count(0, _, Done) -> Done ! done;
count(Left, 1, Done) -> receive {number, _, From} -> From ! more, count(Left - 1, 512, Done) end;
count(Left, Window, Done) -> receive {number, _, _} -> count(Left - 1, Window - 1, Done) end.

%% Round trips between two processes.
ask(Total) -> rate(Total, fun(Self) ->
    Answerer = spawn(fun answerer/0),
    spawn(fun() -> ask(Total, Answerer), Self ! done end),
    gather(1)
  end).

answerer() -> receive {ask, From} -> From ! answer, answerer() end.

ask(0, _) -> ok;
ask(Left, Answerer) -> Answerer ! {ask, self()}, receive answer -> ask(Left - 1, Answerer) end.

%% Round trips as gen_server:call makes them: with a monitor and a timeout.
call(Total) -> rate(Total, fun(Self) ->
    Server = spawn(fun server/0),
    spawn(fun() -> call(Total, Server), Self ! done end),
    gather(1)
  end).

server() -> receive {call, From, Ref} -> From ! {Ref, answer}, server() end.

call(0, _) -> ok;
call(Left, Server) ->
  Ref = erlang:monitor(process, Server),
  Server ! {call, self(), Ref},
  receive {Ref, answer} -> erlang:demonitor(Ref, [flush]), call(Left - 1, Server) after 5000 -> exit(late) end.

gather(0) -> ok;
gather(Left) -> receive done -> gather(Left - 1) end.

rate(Total, Run) ->
  Self = self(),
  {Microseconds, _} = timer:tc(fun() -> Run(Self) end),
  io:format("~.1f", [Total * 1.0e6 / Microseconds]),
  halt().
