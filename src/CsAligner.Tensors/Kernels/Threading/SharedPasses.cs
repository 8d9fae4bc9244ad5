namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>
/// Work that costs little more for several requests than for one. While a pass runs, requests gather; one of those that wait then runs the
/// next pass for some of them. A request that comes alone does not wait.
/// </summary>
/// <param name="most">Requests in a pass.</param>
internal sealed class SharedPasses<T>(int most)
    where T : struct
{
    private readonly Queue<Waiting> _waiting = new();
    private readonly Lock _lock = new();
    private bool _running;

    /// <summary>Does the work.</summary>
    public delegate void Pass(ReadOnlySpan<T> requests);

    /// <summary>Waits until a request's pass is done, on this thread or another. What the pass throws, all of its requests throw.</summary>
    public void Run(T request, Pass pass)
    {
        var own = new Waiting(request);
        lock (_lock)
        {
            _waiting.Enqueue(own);
            if (_running) own.Turn = new ManualResetEventSlim();
            else _running = true;
        }

        own.Turn?.Wait();
        if (!own.IsDone) RunPass(own, pass);
        if (own.Failure is { } failure) throw new InvalidOperationException("A shared pass failed.", failure);
    }

    // Takes the oldest, among which is the one whose turn it is, and hands the next turn on.
    private void RunPass(Waiting own, Pass pass)
    {
        List<Waiting> together = [];
        lock (_lock)
        {
            while (together.Count < most && _waiting.TryDequeue(out Waiting? next)) together.Add(next);
        }

        Exception? failure = null;
        try
        {
            pass([.. together.Select(each => each.Request)]);
        }
        catch (Exception thrown)
        {
            failure = thrown;
        }

        Waiting? following;
        lock (_lock)
        {
            _running = _waiting.TryPeek(out following);
        }

        foreach (Waiting each in together)
        {
            (each.Failure, each.IsDone) = (failure, true);
            if (each != own) each.Turn!.Set();
        }

        following?.Turn!.Set();
    }

    private sealed class Waiting(T request)
    {
        public T Request { get; } = request;

        public ManualResetEventSlim? Turn { get; set; }

        public bool IsDone { get; set; }

        public Exception? Failure { get; set; }
    }
}
