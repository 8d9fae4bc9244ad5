using CsAligner.Adapters;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Studies.Features;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Studies.Runs;

/// <summary>Paired rows that runs are evaluated on, and their tokens where adapters read those.</summary>
internal sealed class RunFeatures : IDisposable
{
    /// <summary>This many training pairs, at even distances, are enough for a picture.</summary>
    public const int MostOwnPairs = 10_000;

    private readonly TokenSet? _imageTokens, _textTokens;
    private readonly int[] _imageRows, _textRows;

    private RunFeatures(string name, Tensor images, Tensor texts, Pairing pairing, int allPairs, TokenSet? imageTokens,
        TokenSet? textTokens, int[] imageRows, int[] textRows)
    {
        (Name, Images, Texts, Pairing, AllPairs) = (name, images, texts, pairing, allPairs);
        (_imageTokens, _textTokens, _imageRows, _textRows) = (imageTokens, textTokens, imageRows, textRows);
    }

    /// <summary>Their name in the report.</summary>
    public string Name { get; }

    /// <summary>[M, D].</summary>
    public Tensor Images { get; }

    /// <summary>[N, E].</summary>
    public Tensor Texts { get; }

    /// <summary>The pairs: which text belongs to which image.</summary>
    public Pairing Pairing { get; }

    /// <summary>Pairs in the files, where only some are used.</summary>
    public int AllPairs { get; }

    /// <summary>Reads features that the user names: all rows.</summary>
    public static RunFeatures Read(string images, string texts, string? pairs, string? imageTokens, string? textTokens)
    {
        Tensor imageRows = FeatureFile.ReadRows(images, Modality.Image), textRows = FeatureFile.ReadRows(texts, Modality.Text);
        Pairing? pairing = FeatureInputs.ReadPairs(pairs, images, imageRows, texts, textRows);
        if (pairing == null && imageRows.Rows != textRows.Rows)
            throw new InputException($"report: {imageRows.Rows} images and {textRows.Rows} texts need pairs: give --pairs P.npy, the "
                + "image row of each text");
        return new RunFeatures(
            NameOf(images), imageRows, textRows, pairing ?? Pairing.Diagonal(imageRows.Rows), textRows.Rows,
            Open(imageTokens, Modality.Image, imageRows), Open(textTokens, Modality.Text, textRows),
            [.. Enumerable.Range(0, imageRows.Rows)], [.. Enumerable.Range(0, textRows.Rows)]);
    }

    /// <summary>Some pairs of what a run was trained on, each image with its first text;
    /// null if those files are no longer there.</summary>
    public static RunFeatures? ReadOwn(AlignRun run)
    {
        string? images = Find(run, "images"), texts = Find(run, "texts");
        foreach (string role in (string[])["images", "texts", "pairs", "image_tokens", "text_tokens"])
            if (run.Inputs.ContainsKey(role) && Find(run, role) == null) return null;
        if (images == null || texts == null) return null;
        RunFeatures all = Read(images, texts, Find(run, "pairs"), Find(run, "image_tokens"), Find(run, "text_tokens"));
        (int[] imageRows, int[] textRows) = all.AlignedRows();
        int count = Math.Min(MostOwnPairs, imageRows.Length);
        int[] chosen = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * imageRows.Length / count))];
        (imageRows, textRows) = ([.. chosen.Select(i => imageRows[i])], [.. chosen.Select(i => textRows[i])]);
        return new RunFeatures(
            all.Name, FeatureRows.Take(all.Images, imageRows), FeatureRows.Take(all.Texts, textRows), Pairing.Diagonal(count),
            all.Texts.Rows,
            all._imageTokens, all._textTokens, imageRows, textRows);
    }

    /// <summary>Both sides mapped by a run's adapters.</summary>
    /// <exception cref="InputException">The adapters are of other widths, or read tokens that are not there.</exception>
    public (Tensor Images, Tensor Texts) MapBy(AlignRun run)
    {
        (Adapter image, Adapter text) = run.LoadAdapters();
        return (Map(image, Images, _imageTokens, _imageRows, run, "image"), Map(text, Texts, _textTokens, _textRows, run, "text"));
    }

    /// <summary>Each image that has a text, with its first one, of rows like these: row i to row i.</summary>
    public (Tensor Images, Tensor Texts) Aligned(Tensor images, Tensor texts)
    {
        (int[] imageRows, int[] textRows) = AlignedRows();
        return (FeatureRows.Take(images, imageRows), FeatureRows.Take(texts, textRows));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _imageTokens?.Dispose();
        _textTokens?.Dispose();
    }

    private static Tensor Map(Adapter adapter, Tensor rows, TokenSet? tokens, int[] numbers, AlignRun run, string side)
    {
        if (adapter.InputWidth != rows.Width)
            throw new InputException(
                $"report: the {side} adapter of '{run.Folder}' takes rows of {adapter.InputWidth} values, but the features "
                + $"have {rows.Width}; give features of the encoder that the run was trained on");
        if (adapter.UsesTokens && tokens == null)
            throw new InputException($"report: the {side} adapter of '{run.Folder}' maps features by their tokens: give --{side}-tokens "
                + "FOLDER, from embed --tokens");
        return adapter.Apply(rows, adapter.UsesTokens ? new TokenRows(tokens!, numbers) : null);
    }

    private static TokenSet? Open(string? path, Modality modality, Tensor rows)
    {
        if (path is null) return null;
        TokenSet tokens = TokenSet.Open(path, modality);
        return tokens.Count == rows.Rows
            ? tokens
            : throw new InputException(
                $"report: '{path}' has tokens of {tokens.Count} rows, the features have {rows.Rows}; give the folder that both come from");
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

    private (int[] Images, int[] Texts) AlignedRows()
    {
        int[] firstText = [.. Enumerable.Repeat(-1, Images.Rows)];
        for (int text = Pairing.Texts - 1; text >= 0; text--) firstText[Pairing.ImageOfText[text]] = text;
        int[] asked = [.. Enumerable.Range(0, Images.Rows).Where(image => firstText[image] >= 0)];
        return (asked, [.. asked.Select(image => firstText[image])]);
    }
}
