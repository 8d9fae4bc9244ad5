using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>
/// Runs loops over a few persistent threads. Own threads instead of the ThreadPool: the pool grows and shrinks as it
/// likes, allocates per work item, and a kernel that waits in it can starve the rest of the program.
/// </summary>
internal static class Workers
{
    // Long enough to bridge the gap between two kernels of a training step, short enough not to heat an idle machine.
    private static readonly long SpinTicks = Stopwatch.Frequency / 10_000;

    private static readonly Lock Gate = new();
    private static readonly Helper?[] Helpers = new Helper?[Compute.MaxThreads - 1];

    [ThreadStatic]
    private static bool _inside;

    // The one loop that is under way: written by its caller before helpers are called and read by them afterwards.
    private static Action<int>? _body;
    private static int _count;
    private static int _next;
    private static readonly Lock FailureGate = new();
    private static Exception? _failure;
    private static int _failedIndex;
    private static long _waited;

    /// <summary>
    /// Told of each outermost loop that has ended: its body, what it took, and how much of that its caller waited for other threads, in
    /// ticks of <see cref="Stopwatch"/>. For profiles; null otherwise.
    /// </summary>
    public static Action<Delegate, long, long>? LoopEnded { get; set; }

    /// <summary>
    /// Calls <paramref name="body"/> once for each index from 0 to <paramref name="count"/> - 1, on up to
    /// <see cref="Compute.Threads"/> threads including this one, and returns when all calls have ended. Which thread
    /// takes which index is open: results may depend on the index only. A call from within a body, and one while
    /// another thread's loop is under way, runs here, one index after the other.
    /// When bodies throw, indices not yet begun are left out and the exception of the lowest failed index is rethrown.
    /// </summary>
    public static void For(int count, Action<int> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (LoopEnded is not { } told || _inside)
        {
            Run(count, body);
            return;
        }
        long start = Stopwatch.GetTimestamp();
        _waited = 0;
        Run(count, body);
        told(body, Stopwatch.GetTimestamp() - start, _waited);
    }

    private static void Run(int count, Action<int> body)
    {
        int helpers = Math.Min(Compute.Threads, count) - 1;
        if (helpers <= 0 || _inside || !Gate.TryEnter())
        {
            for (int i = 0; i < count; i++) body(i);
            return;
        }
        Exception? failure;
        try
        {
            failure = RunWith(helpers, count, body);
        }
        finally
        {
            Gate.Exit();
        }
        if (failure != null) ExceptionDispatchInfo.Throw(failure);
    }

    private static Exception? RunWith(int helpers, int count, Action<int> body)
    {
        for (int i = 0; i < helpers; i++) Helpers[i] ??= new Helper(i);
        _body = body;
        _count = count;
        _failure = null;
        _failedIndex = int.MaxValue;
        Volatile.Write(ref _next, 0);
        for (int i = 0; i < helpers; i++) Helpers[i]!.Call();
        _inside = true;
        TakeIndices();
        _inside = false;
        long ended = Stopwatch.GetTimestamp();
        for (int i = 0; i < helpers; i++) Helpers[i]!.Join();
        _waited = Stopwatch.GetTimestamp() - ended;
        _body = null;
        Exception? failure = _failure;
        _failure = null;
        return failure;
    }

    private static void TakeIndices()
    {
        Action<int> body = _body!;
        int count = _count;
        // A loop that has failed gets its next index pushed beyond the end: that stops everyone.
        for (int i = Interlocked.Increment(ref _next) - 1; (uint)i < (uint)count; i = Interlocked.Increment(ref _next) - 1)
        {
            try
            {
                body(i);
            }
#pragma warning disable CA1031 // Whatever a body throws belongs to the caller of For, not to this thread.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Fail(i, e);
                return;
            }
        }
    }

    private static void Fail(int index, Exception exception)
    {
        lock (FailureGate)
        {
            if (index < _failedIndex) (_failure, _failedIndex) = (exception, index);
        }
        Interlocked.Exchange(ref _next, _count);
    }

    /// <summary>One persistent thread. It is idle, called by the owner of a loop, or running.</summary>
    private sealed class Helper
    {
        private const int Idle = 0, Called = 1, Running = 2;

        private readonly object _bell = new();
        private int _state;
        private int _asleep;
        private int _callerAsleep;

        public Helper(int index)
        {
            var thread = new Thread(Live) { IsBackground = true, Name = $"CsAligner worker {index + 1}" };
            thread.UnsafeStart();
        }

        public void Call()
        {
            Interlocked.Exchange(ref _state, Called);
            if (Volatile.Read(ref _asleep) != 0) Ring();
        }

        /// <summary>Waits for the helper to end; one that has not begun yet (still waking up) is sent back.</summary>
        public void Join()
        {
            if (Interlocked.CompareExchange(ref _state, Idle, Called) != Running) return;
            long start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref _state) == Running)
            {
                if (Stopwatch.GetTimestamp() - start < SpinTicks)
                {
                    Thread.SpinWait(8);
                    continue;
                }
                lock (_bell)
                {
                    Interlocked.Exchange(ref _callerAsleep, 1);
                    while (Volatile.Read(ref _state) == Running) Monitor.Wait(_bell);
                    _callerAsleep = 0;
                }
            }
        }

        private void Live()
        {
            _inside = true;
            while (true)
            {
                WaitForCall();
                if (Interlocked.CompareExchange(ref _state, Running, Called) != Called) continue;
                TakeIndices();
                Interlocked.Exchange(ref _state, Idle);
                if (Volatile.Read(ref _callerAsleep) != 0) Ring();
            }
        }

        private void WaitForCall()
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetTimestamp() - start < SpinTicks)
            {
                if (Volatile.Read(ref _state) == Called) return;
                Thread.SpinWait(8);
            }
            lock (_bell)
            {
                Interlocked.Exchange(ref _asleep, 1);
                while (Volatile.Read(ref _state) != Called) Monitor.Wait(_bell);
                _asleep = 0;
            }
        }

        private void Ring()
        {
            lock (_bell) Monitor.PulseAll(_bell);
        }
    }
}
