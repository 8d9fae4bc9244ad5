using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Tests.Kernels;

[Collection(ComputeSettings.Collection)]
public sealed class WorkersTests : IDisposable
{
    private readonly int _threads = Compute.Threads;

    public void Dispose() => Compute.Threads = _threads;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_index_is_visited_once(int threads)
    {
        Compute.Threads = threads;
        foreach (int count in (int[])[0, 1, 2, 3, 7, 64, 1000])
        {
            var visits = new int[count];
            Workers.For(count, i => Interlocked.Increment(ref visits[i]));
            Assert.All(visits, v => Assert.Equal(1, v));
        }
    }

    [Fact]
    public void Helper_threads_take_part()
    {
        Compute.Threads = 2;
        using var both = new Barrier(2);
        // Each body waits for the other: this only ends when two threads are at work.
        Workers.For(2, _ => Assert.True(both.SignalAndWait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void No_more_threads_are_used_than_asked_for()
    {
        Compute.Threads = 4;
        Workers.For(64, _ => Thread.Sleep(1));
        foreach (int threads in (int[])[1, 3, 2])
        {
            Compute.Threads = threads;
            int now = 0, most = 0;
            Workers.For(32, _ =>
            {
                int current = Interlocked.Increment(ref now);
                int seen;
                while ((seen = Volatile.Read(ref most)) < current) Interlocked.CompareExchange(ref most, current, seen);
                Thread.Sleep(1);
                Interlocked.Decrement(ref now);
            });
            Assert.InRange(most, 1, threads);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_reaches_the_caller_and_the_next_loop_runs(int threads)
    {
        Compute.Threads = threads;
        for (int round = 0; round < 50; round++)
        {
            var thrown = Assert.Throws<InvalidOperationException>(() => Workers.For(100, i =>
            {
                if (i >= 40) throw new InvalidOperationException($"at {i}");
            }));
            Assert.Equal("at 40", thrown.Message);
            int sum = 0;
            Workers.For(100, i => Interlocked.Add(ref sum, i));
            Assert.Equal(4950, sum);
        }
    }

    [Fact]
    public void After_an_exception_indices_not_yet_begun_are_left_out()
    {
        Compute.Threads = 2;
        int calls = 0;
        Assert.Throws<InvalidOperationException>(() => Workers.For(2000, i =>
        {
            Interlocked.Increment(ref calls);
            if (i == 0) throw new InvalidOperationException();
            Thread.Sleep(1);
        }));
        Assert.InRange(calls, 1, 1999);
    }

    [Fact]
    public void Nested_loops_run_inline()
    {
        Compute.Threads = 3;
        var threadsOf = new int[6, 5];
        Workers.For(6, i => Workers.For(5, j => threadsOf[i, j] = Environment.CurrentManagedThreadId));
        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < 5; j++)
            {
                Assert.NotEqual(0, threadsOf[i, j]);
                Assert.Equal(threadsOf[i, 0], threadsOf[i, j]);
            }
        }
    }

    [Fact]
    public void An_exception_in_a_nested_loop_reaches_the_outer_caller()
    {
        Compute.Threads = 2;
        Assert.Throws<FormatException>(() => Workers.For(4, _ => Workers.For(4, _ => throw new FormatException())));
    }

    [Fact]
    public void Loops_of_several_callers_do_not_disturb_each_other()
    {
        Compute.Threads = 3;
        var failures = 0;
        Thread[] callers = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 500; round++)
            {
                var visits = new int[17];
                Workers.For(17, i => Interlocked.Increment(ref visits[i]));
                if (visits.Any(v => v != 1)) Interlocked.Increment(ref failures);
            }
        }))];
        foreach (var caller in callers) caller.Start();
        foreach (var caller in callers) caller.Join();
        Assert.Equal(0, failures);
    }

    [Fact]
    public void Helpers_wake_up_after_they_have_gone_to_sleep()
    {
        Compute.Threads = 3;
        for (int round = 0; round < 20; round++)
        {
            int sum = 0;
            Workers.For(50, i => { Thread.SpinWait(2000); Interlocked.Add(ref sum, i); });
            Assert.Equal(1225, sum);
            Thread.Sleep(2);
        }
    }

    [Fact]
    public void A_loop_allocates_nothing()
    {
        Compute.Threads = 2;
        Action<int> body = _ => { };
        Workers.For(8, body);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Workers.For(8, body);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
