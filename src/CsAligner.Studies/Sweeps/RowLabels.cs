using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Studies.Sweeps;

/// <summary>The labels of some samples, from a file with a line for each: its name, a tab, its label.</summary>
internal sealed class RowLabels
{
    private readonly string _path;
    private readonly Dictionary<string, string> _labels = new(StringComparer.Ordinal);

    private RowLabels(string path) => _path = path;

    /// <summary>Reads the file.</summary>
    /// <exception cref="InputException">It cannot be read, or a line is none.</exception>
    public static RowLabels Read(string path)
    {
        var labels = new RowLabels(path);
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read the labels {path}: {e.Message.TrimEnd('.')}; check \"labels\" in \"data\"", e);
        }

        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            string[] parts = lines[i].Split('\t');
            if (parts.Length != 2 || parts[0].Trim().Length == 0 || parts[1].Trim().Length == 0)
                throw new InputException(
                    $"{path}: line {i + 1}: expected a name, a tab and a label, got \"{lines[i].Replace('\t', ' ')}\"");
            if (!labels._labels.TryAdd(parts[0].Trim(), parts[1].Trim()))
                throw new InputException($"{path}: line {i + 1}: \"{parts[0].Trim()}\" has a label already; leave one of the lines out");
        }

        return labels;
    }

    /// <summary>The rows of a test that have a label, and their labels.</summary>
    /// <param name="test">The test as the recipe names it.</param>
    /// <param name="names">The name of each row.</param>
    /// <exception cref="InputException">They cannot be measured.</exception>
    public (int[] Rows, string[] Labels) Of(string test, IReadOnlyList<string> names)
    {
        int[] rows = [.. Enumerable.Range(0, names.Count).Where(row => _labels.ContainsKey(names[row]))];
        string[] labels = [.. rows.Select(row => _labels[names[row]])];
        (string Label, int Count)[] counts = [.. labels.CountBy(label => label).Select(each => (each.Key, each.Value))];
        if (counts.Length < 2)
            throw new InputException($"{_path}: expected at least 2 labels among the {names.Count} samples of '{test}', got "
                + $"{counts.Length}; samples are named as in '{names[0]}'");
        if (counts.FirstOrDefault(each => each.Count < LabelMeasures.FewestRows) is { Label: { } rare } and var few)
            throw new InputException($"{_path}: expected at least {LabelMeasures.FewestRows} samples of '{test}' with the label "
                + $"\"{rare}\", got {few.Count}; leave it out");
        return (rows, labels);
    }
}
