using CsAligner.Cli.Verbs;
using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Cli.Reports.Runs;

/// <summary>Paired rows that runs are evaluated on.</summary>
/// <param name="Name">What the report calls them.</param>
/// <param name="Images">[M, D].</param>
/// <param name="Texts">[N, D].</param>
/// <param name="Pairing">Which text belongs to which image.</param>
/// <param name="AllPairs">Pairs in the files, where only some are used.</param>
internal sealed record RunFeatures(string Name, Tensor Images, Tensor Texts, Pairing Pairing, int AllPairs)
{
    /// <summary>Of what runs were trained on, so many pairs at even distances are enough for a look.</summary>
    public const int MostOwnPairs = 10_000;

    /// <summary>Reads features that the user names: all rows.</summary>
    public static RunFeatures Read(string images, string texts, string? pairs)
    {
        (Tensor imageRows, Tensor textRows) = FeatureInputs.ReadBoth(images, texts, raw: false);
        Pairing? pairing = EvaluateVerb.ReadPairs(pairs, imageRows, textRows);
        if (pairing == null && imageRows.Rows != textRows.Rows)
            throw new InputException($"report: {imageRows.Rows} images and {textRows.Rows} texts need pairs: give --pairs P.npy, for each text the row of its image");
        return new RunFeatures(NameOf(images), imageRows, textRows, pairing ?? Pairing.Diagonal(imageRows.Rows), textRows.Rows);
    }

    /// <summary>Some pairs of what a run was trained on, each image with its first text; null where those files are no longer there.</summary>
    public static RunFeatures? ReadOwn(AlignRun run)
    {
        string? images = Find(run, "images"), texts = Find(run, "texts"), pairs = Find(run, "pairs");
        if (images == null || texts == null || (run.Inputs.ContainsKey("pairs") && pairs == null))
            return null;
        RunFeatures all = Read(images, texts, pairs);
        (Tensor first, Tensor second) = all.Aligned();
        int count = Math.Min(MostOwnPairs, first.Rows);
        int[] rows = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * first.Rows / count))];
        return new RunFeatures(all.Name, FeatureRows.Take(first, rows), FeatureRows.Take(second, rows), Pairing.Diagonal(count), first.Rows);
    }

    /// <summary>Each image that has a text, with its first one: row i to row i.</summary>
    public (Tensor Images, Tensor Texts) Aligned() => Aligned(Images, Texts);

    /// <summary>The same rows of these features after adapters have mapped them.</summary>
    public (Tensor Images, Tensor Texts) Aligned(Tensor images, Tensor texts)
    {
        int[] firstText = [.. Enumerable.Repeat(-1, Images.Rows)];
        for (int text = Pairing.Texts - 1; text >= 0; text--) firstText[Pairing.ImageOfText[text]] = text;
        int[] asked = [.. Enumerable.Range(0, Images.Rows).Where(image => firstText[image] >= 0)];
        return (FeatureRows.Take(images, asked), FeatureRows.Take(texts, [.. asked.Select(image => firstText[image])]));
    }

    // As written, from where the command runs; else beside the run.
    private static string? Find(AlignRun run, string role) =>
        run.Inputs.TryGetValue(role, out string? path)
            ? ((string[])[path, Path.Combine(run.Folder, path)]).FirstOrDefault(place => File.Exists(place) || Directory.Exists(place))
            : null;

    private static string NameOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path));
        return name.Length > 0 ? name : path;
    }
}
