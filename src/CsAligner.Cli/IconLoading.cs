using CsAligner.Cli.Terminals;
using CsAligner.Data.Icons;

namespace CsAligner.Cli;

/// <summary>Opens icon data sets, saying on the terminal what is fetched and drawn.</summary>
internal static class IconLoading
{
    public static IconDataset Open(Session session, IconSplit split, int size)
        => IconDataset.BuildAsync(split, size, new Milestones(session.Terminal), session.Cancellation).GetAwaiter().GetResult();

    /// <summary>All captions of a data set's icons.</summary>
    public static IconCaptions Captions(Session session, IconDataset icons)
        => IconCaptions.BuildAsync(icons, new Lines(session.Terminal), session.Cancellation).GetAwaiter().GetResult();

    /// <summary>What is said while packages are fetched, a line each.</summary>
    internal sealed class Lines(Terminal terminal) : IProgress<string>
    {
        public void Report(string value) => terminal.Say(value);
    }

    /// <summary>A line for each tenth of each stage.</summary>
    private sealed class Milestones(Terminal terminal) : IProgress<IconProgress>
    {
        private readonly Lock _lock = new();
        private string _stage = "";
        private Progress? _progress;

        public void Report(IconProgress value)
        {
            lock (_lock)
            {
                if (_progress is null || value.Stage != _stage || value.Total != _progress.Total)
                {
                    _stage = value.Stage;
                    _progress = new Progress(value.Stage, value.Total, terminal.Time);
                    _progress.Changed = () => _progress.WriteMilestone(terminal.Error);
                }

                _progress.Report(value.Done);
            }
        }
    }
}
