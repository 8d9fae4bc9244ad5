using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Icons;

/// <summary>The demo's icons: <c>icons:SPLIT</c>.</summary>
internal sealed class NamedIcons : INamedData
{
    private static readonly string[] Splits = ["alignment", "validation", "lucide", "noto", "tabler", "new-names"];

    /// <inheritdoc/>
    public string Name => "icons";

    /// <inheritdoc/>
    public string Usage => "icons:SPLIT";

    /// <inheritdoc/>
    public bool IsWhole => false;

    /// <inheritdoc/>
    public void Check(string option, string data)
    {
        string split = SplitOf(data);
        if (Splits.Contains(split)) return;
        if (string.IsNullOrWhiteSpace(split)) throw new UsageException($"{option} {data}: nothing is named after '{Name}:'");
        throw new UsageException($"{option} {data}: the icon splits are {string.Join(", ", Splits)}{Suggestion.End(split, Splits)}");
    }

    /// <inheritdoc/>
    public SampleSource Open(IStudySession session, NamedDataRequest request)
    {
        (string data, int size, bool allCaptions, string? folder) = request;
        if (folder is not null)
            throw new UsageException($"--data {data}: icons come from packages, not from a folder; leave out --image-folder");
        string split = SplitOf(data);
        switch (split)
        {
            case "alignment":
                var alignment = IconDatasetLoader.Open(session, IconSplit.Alignment, size);
                return new IconSamples(data, split, alignment, [.. Enumerable.Range(0, alignment.Count)], alignment, Captions(alignment));
            case "validation":
                var validation = IconDatasetLoader.Open(session, IconSplit.Validation, size);
                return new IconSamples(data, split, validation, IconTestSets.Select(validation, Enumerable.Range(0, validation.Count)),
                    validation, Captions(validation), distinct: true);
            default:
                var tests = IconTestSets.Open(session, size);
                var (_, icons, indices) = tests.Selections.Single(s => s.Name.Replace(' ', '-') == split);
                return new IconSamples(data, split, icons, indices, tests, Captions(icons), distinct: true);
        }

        IconCaptions? Captions(IconDataset icons) => allCaptions ? IconDatasetLoader.Captions(session, icons) : null;
    }

    private string SplitOf(string data) => data[Math.Min(data.Length, Name.Length + 1)..];
}
