using CsAligner.Cli.Terminals;

namespace CsAligner.Cli.Tests.Terminals;

public class ProgressTests
{
    [Fact]
    public void Without_a_terminal_progress_is_a_line_at_each_tenth_and_each_half_minute()
    {
        var clock = new ManualClock();
        using var writer = new StringWriter();
        var progress = new Progress("training", 1000, clock);
        progress.Changed = () => progress.WriteMilestone(writer);
        for (int step = 0; step <= 1000; step++)
        {
            progress.Report(step, $"loss {1000 - step}");
            // The second tenth is slow: 100 steps of 0.9 s.
            clock.Advance(step is >= 100 and < 200 ? 0.9 : 0.01);
        }

        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("training 0/1000  loss 1000", lines[0].TrimEnd());
        Assert.Equal("training 100/1000  loss 900  0:09 left", lines[1].TrimEnd());
        Assert.StartsWith("training 134/1000", lines[2]);
        Assert.Equal("training 1000/1000  loss 0  took 1:39", lines[^1].TrimEnd());
        Assert.Equal(11 + 2, lines.Length);
    }

    [Fact]
    public void A_resumed_run_judges_its_speed_by_its_own_steps()
    {
        var clock = new ManualClock();
        var progress = new Progress("training", 100, clock);
        progress.Report(90);
        clock.Advance(10);
        progress.Report(95);
        Assert.Equal("training 95/100  0:10 left", progress.Line());
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(double seconds) => _ticks += (long)(seconds * TimeSpan.TicksPerSecond);
    }
}
