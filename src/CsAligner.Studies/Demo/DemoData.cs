using CsAligner.Data.Icons;
using CsAligner.Models;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;

namespace CsAligner.Studies.Demo;

/// <summary>Everything the demo computes with: the embedded alignment and validation splits and the test sets.</summary>
internal sealed record DemoData(IconPairs Alignment, IconPairs Validation, IReadOnlyList<IconPairs> Tests) : IDisposable
{
    /// <summary>Downloads, renders and embeds the data.</summary>
    public static DemoData Load(IStudySession session, ClipEmbedder embedder)
    {
        var alignment = IconDatasetLoader.Open(session, IconSplit.Alignment, embedder.ImageSize);
        var validation = IconDatasetLoader.Open(session, IconSplit.Validation, embedder.ImageSize);
        var tests = IconTestSets.Open(session, embedder.ImageSize);
        (string Name, IconDataset Icons, int[] Indices)[] parts =
        [
            ("alignment", alignment, [.. Enumerable.Range(0, alignment.Count)]),
            ("validation", validation, IconTestSets.Select(validation, Enumerable.Range(0, validation.Count))),
            .. tests.Selections,
        ];

        var embedded = new List<IconPairs>();
        session.WithProgress("embedding icons and names", parts.Sum(p => p.Indices.Length), progress =>
        {
            int before = 0;
            foreach (var (name, icons, indices) in parts)
            {
                int start = before;
                embedded.Add(
                    IconPairs.Embed(name, icons, indices, embedder, done => progress.Report(start + done, name), session.Cancellation));
                before += indices.Length;
            }
        });
        return new DemoData(embedded[0], embedded[1], embedded[2..]);
    }

    public void Dispose()
    {
        foreach (var icons in Tests.Append(Alignment).Append(Validation).Select(p => p.Icons).Distinct()) icons.Dispose();
    }
}
