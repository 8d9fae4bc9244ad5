using CsAligner.Cli.Terminals;
using CsAligner.Data.Icons;

namespace CsAligner.Cli;

/// <summary>Opens icon data sets, saying on the terminal what is fetched and drawn.</summary>
internal static class IconLoading
{
    public static IconDataset Open(Session session, IconSplit split, int size)
        => IconDataset.BuildAsync(split, size, new Milestones(session.Terminal), session.Cancellation).GetAwaiter().GetResult();

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
