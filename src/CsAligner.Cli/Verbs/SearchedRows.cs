using System.Globalization;
using System.Text.Json.Nodes;
using CsAligner.Data.FeatureSets;
using CsAligner.Evaluation;
using CsAligner.Retrieval;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// The rows that <c>search</c> looks at, and what metadata say of them: the images of one feature set, the texts of the same or another.
/// Metadata stay on disk; there may be millions of rows.
/// </summary>
internal sealed class SearchedRows : IDisposable
{
    private const int MostSuggested = 10_000, MostListed = 4;

    private readonly string _folder;
    private readonly FeatureSet _imageSet, _textSet;
    private readonly FeatureRowsFile? _images, _texts;

    /// <summary>Opens the sets.</summary>
    /// <param name="folder">The set with the images, or a set of texts.</param>
    /// <param name="texts">The set with the texts; null for the same.</param>
    public SearchedRows(string folder, string? texts)
    {
        _folder = folder;
        _imageSet = FeatureSet.Open(folder);
        _textSet = texts is null ? _imageSet : FeatureSet.Open(texts);
        if (texts is not null && !Has(_imageSet, Modality.Image))
            throw new InputException($"cannot search '{folder}' with the texts of '{texts}': it has no images; give the set with "
                + "the images first, or leave out --texts");
        if (texts is not null && !Has(_textSet, Modality.Text))
            throw new InputException($"cannot search the texts of '{texts}': it has no text_emb/text_emb_N.npy; give a set with texts, or "
                + "leave out --texts");
        try
        {
            _images = Has(_imageSet, Modality.Image) ? FeatureRowsFile.Open(folder, Modality.Image) : null;
            _texts = Has(_textSet, Modality.Text) ? FeatureRowsFile.Open(texts ?? folder, Modality.Text) : null;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>An index of one kind, or of both if there are both.</summary>
    /// <exception cref="InputException">The kind is missing, or the two are not of one space.</exception>
    public MixedIndex Index(RowKind? find, bool both)
    {
        if ((both || find == RowKind.Image) && _images is null)
            throw new InputException($"cannot find images in '{_folder}': it has no img_emb/img_emb_N.npy; give --find texts");
        if ((both || find == RowKind.Text) && _texts is null)
            throw new InputException($"cannot find texts in '{_folder}': it has no text_emb/text_emb_N.npy; give --find images, or --texts "
                + "with a set that has texts");
        if (find is null && _images is not null && _texts is not null && _images.Width != _texts.Width)
            throw new InputException($"cannot search '{_folder}' for images and texts in one list: image rows have {_images.Width} values "
                + $"and text rows {_texts.Width}; align them and apply the adapters, or give --find images or --find texts");

        // The other kind stays beside it if it can: a row of it may be a query.
        bool fits = _images is null || _texts is null || _images.Width == _texts.Width;
        return new MixedIndex(fits || find == RowKind.Image ? _images : null, fits || find == RowKind.Text ? _texts : null);
    }

    /// <summary>Whether features.json says that the rows are as an encoder made them, without adapters.</summary>
    public bool IsSaidToBeRaw =>
        _imageSet.Info is { } info && !info.Encoder.EndsWith(FeatureSetMapping.AlignedEncoder, StringComparison.Ordinal);

    /// <summary>What metadata say of some rows; nothing for rows that they do not know.</summary>
    public Dictionary<MixedRow, SearchedRow> Describe(IEnumerable<MixedRow> rows)
    {
        HashSet<MixedRow> wanted = [.. rows];
        return All(wanted.Any(row => row.Kind == RowKind.Image), wanted.Any(row => row.Kind == RowKind.Text))
            .Where(entry => wanted.Contains(entry.Row)).ToDictionary(entry => entry.Row, entry => entry.Data);
    }

    /// <summary>What metadata say of all rows that they know, in the order of the metadata.</summary>
    public IEnumerable<(MixedRow Row, SearchedRow Data)> All(bool images = true, bool texts = true)
    {
        images &= _images is not null;
        texts &= _texts is not null;
        return ReferenceEquals(_imageSet, _textSet)
            ? Of(_imageSet, images, texts)
            : [.. images ? Of(_imageSet, true, false) : [], .. texts ? Of(_textSet, false, true) : []];
    }

    /// <summary>The row that <c>--like</c> names: <c>3</c>, <c>text:3</c>, <c>heart.png</c>, <c>text:red heart</c>.</summary>
    /// <exception cref="InputException">There is no such row, or several.</exception>
    public MixedRow Find(string text, MixedIndex index)
    {
        RowKind? kind = text.StartsWith("image:", StringComparison.Ordinal) ? RowKind.Image
            : text.StartsWith("text:", StringComparison.Ordinal) ? RowKind.Text : null;
        string rest = kind is null ? text : text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (!long.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return FindName(text, rest, kind, index);
        RowKind numbered = kind ?? (index.Count(RowKind.Image) > 0 ? RowKind.Image : RowKind.Text);
        int count = index.Count(numbered);
        if (number >= 0 && number < count) return new MixedRow(numbered, (int)number);
        string name = numbered == RowKind.Image ? "image" : "text";
        throw new InputException(count == 0
            ? $"--like {text}: there are no {name} rows in the index"
            : $"--like: expected an {name} row from 0 to {count - 1}, got '{text}'".Replace("an text", "a text", StringComparison.Ordinal)
                + (kind is null && numbered == RowKind.Image && index.Count(RowKind.Text) > 0 ? "; text:N is a text row" : ""));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _images?.Dispose();
        _texts?.Dispose();
    }

    private static bool Has(FeatureSet set, Modality modality) => set.Shards(modality).Count > 0;

    // The whole name or path first; else the path's last part, or that without its extension.
    private MixedRow FindName(string text, string name, RowKind? kind, MixedIndex index)
    {
        var exact = new List<MixedRow>();
        var near = new List<MixedRow>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach ((MixedRow row, SearchedRow data) in All(kind != RowKind.Text, kind != RowKind.Image))
        {
            if (index.Count(row.Kind) == 0) continue;
            string? path = row.Kind == RowKind.Image ? data.Path : null;
            if (name == data.Name || name == path) exact.Add(row);
            else if (path is not null && (name == Path.GetFileName(path) || name == Path.GetFileNameWithoutExtension(path))) near.Add(row);
            foreach (string? other in (string?[])[data.Name, path])
                if (other is not null && known.Count < MostSuggested) known.Add(other);
        }

        List<MixedRow> found = exact.Count > 0 ? exact : near;
        if (found.Count == 1) return found[0];
        if (found.Count == 0)
            throw new InputException(known.Count == 0
                ? $"--like: no row has a name, so '{text}' cannot be found: give a row number, such as 3 or text:3"
                : $"--like: no row is named '{text}'{Suggestion.End(name, known)}");
        string more = found.Count > MostListed ? $" and {found.Count - MostListed} more" : "";
        throw new InputException($"--like: '{text}' names {found.Count} rows, {string.Join(", ", found.Take(MostListed))}{more}: give one "
            + $"of them, such as --like {found[0]}");
    }

    private static IEnumerable<(MixedRow Row, SearchedRow Data)> Of(FeatureSet set, bool images, bool texts)
    {
        if (!images && !texts) yield break;
        bool areImages = Has(set, Modality.Image);
        Func<int, IReadOnlyList<int>> textsOfImage = areImages && texts ? TextsOfImage(set) : _ => [];
        int line = -1;
        foreach (JsonObject data in set.ReadMetadata(rowForRow: true))
        {
            line++;
            string? path = Text(data["image_path"]), caption = Text(data["caption"]);
            if (!areImages || images)
                yield return (new MixedRow(areImages ? RowKind.Image : RowKind.Text, line), new SearchedRow(caption, path, data));
            if (!areImages || !texts) continue;
            IReadOnlyList<int> rows = textsOfImage(line);
            string?[] captions = data["captions"] is JsonArray array ? [.. array.Select(Text)] : [caption];
            for (int i = 0; i < rows.Count; i++)
            {
                string? name = captions.Length == rows.Count ? captions[i] : null;
                yield return (new MixedRow(RowKind.Text, rows[i]), new SearchedRow(name, path, data));
            }
        }
    }

    // As embed wrote them: row for row, or as pairs.npy says. A set that says neither has texts without names.
    private static Func<int, IReadOnlyList<int>> TextsOfImage(FeatureSet set)
    {
        using FeatureRowsFile images = FeatureRowsFile.Open(set.Folder, Modality.Image);
        using FeatureRowsFile texts = FeatureRowsFile.Open(set.Folder, Modality.Text);
        if (set.ReadPairs() is not { } pairs)
            return images.Rows == texts.Rows ? row => [row] : _ => [];
        var imageOfText = Pairing.From(pairs, images.Rows, texts.Rows, Path.Combine(set.Folder, FeatureSet.PairsFile)).ImageOfText;
        int[] order = [.. Enumerable.Range(0, texts.Rows).OrderBy(text => imageOfText[text])];
        var starts = new int[images.Rows + 1];
        foreach (int image in imageOfText) starts[image + 1]++;
        for (int image = 0; image < images.Rows; image++) starts[image + 1] += starts[image];
        return image => order[starts[image]..starts[image + 1]];
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
