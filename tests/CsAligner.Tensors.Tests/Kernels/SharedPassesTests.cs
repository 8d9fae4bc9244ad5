using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Tests.Kernels;

/// <summary>Requests that share passes: each is done once, those that come together go together, and a failure reaches all of a
/// pass.</summary>
public sealed class SharedPassesTests
{
    [Fact]
    public void Every_request_is_done_once_and_those_that_gather_share_a_pass()
    {
        const int Threads = 8, Each = 200;
        var passes = new SharedPasses<int>(4);
        var done = new int[Threads * Each];
        int largest = 0, count = 0, running = 0;
        Thread[] threads =
        [
            .. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
            {
                for (int i = 0; i < Each; i++)
                {
                    int request = (thread * Each) + i;
                    passes.Run(request, requests =>
                    {
                        Assert.Equal(1, Interlocked.Increment(ref running));
                        foreach (int one in requests) done[one]++;
                        largest = Math.Max(largest, requests.Length);
                        count++;
                        Thread.SpinWait(2_000);
                        Interlocked.Decrement(ref running);
                    });
                    Assert.Equal(1, done[request]);
                }
            })),
        ];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        Assert.All(done, times => Assert.Equal(1, times));
        Assert.InRange(largest, 2, 4);
        Assert.InRange(count, Threads * Each / 4, (Threads * Each) - 1);
    }

    [Fact]
    public void A_failure_reaches_who_asked_and_the_next_pass_runs()
    {
        var passes = new SharedPasses<int>(4);
        var failure = Assert.Throws<InvalidOperationException>(() => passes.Run(1, _ => throw new TimeoutException("late")));
        Assert.IsType<TimeoutException>(failure.InnerException);
        int seen = 0;
        passes.Run(2, requests => seen = requests[0]);
        Assert.Equal(2, seen);
    }
}
