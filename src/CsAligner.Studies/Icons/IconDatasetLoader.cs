using CsAligner.Data.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>Opens icon data sets, and shows downloads and rendering on the terminal.</summary>
internal static class IconDatasetLoader
{
    public static IconDataset Open(IStudySession session, IconSplit split, int size)
        => Synchronously.Run(() => IconDataset.BuildAsync(split, size, Progress(session), session.Cancellation));

    /// <summary>All captions of a data set's icons.</summary>
    public static IconCaptions Captions(IStudySession session, IconDataset icons)
        => Synchronously.Run(() => IconCaptions.BuildAsync(icons, new Lines(session), session.Cancellation));

    /// <summary>Prints a line for each tenth of what takes time.</summary>
    internal static IProgress<IconProgress> Progress(IStudySession session) => new Milestones(session);

    /// <summary>Prints a line for each package being downloaded.</summary>
    internal sealed class Lines(IStudySession session) : IProgress<string>
    {
        public void Report(string value) => session.Say(value);
    }

    /// <summary>A line for each tenth of each stage.</summary>
    private sealed class Milestones(IStudySession session) : IProgress<IconProgress>
    {
        private readonly Lock _lock = new();
        private string _stage = "";
        private long _total;
        private IStudyProgress? _progress;

        public void Report(IconProgress value)
        {
            lock (_lock)
            {
                if (_progress is null || value.Stage != _stage || value.Total != _total)
                {
                    (_stage, _total) = (value.Stage, value.Total);
                    _progress = session.Milestones(value.Stage, value.Total);
                }

                _progress.Report(value.Done);
            }
        }
    }
}
