using System.Globalization;
using CsAligner.Data.Disk;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Reads a caption list that is a table: fields between tabs, bars, semicolons or commas. With a header, the first line names the
/// columns, and the delimiter is the one that makes columns of its names; without one a line is path, delimiter, caption.
/// </summary>
internal sealed class CaptionTable(FileSamples samples, string list, string folder, LineReader lines)
{
    private const int MostColumnsNamed = 12, MostLettersNamed = 40;

    // By preference: captions have commas, and names of columns do not.
    private static readonly (char Delimiter, string Name)[] Delimiters =
        [('\t', "tabs"), ('|', "bars"), (';', "semicolons"), (',', "commas")];

    private readonly BlankLines _blanks = new(samples);

    /// <summary>Reads the lines.</summary>
    /// <param name="first">The first, read already.</param>
    /// <exception cref="InputException">The header names no image or no caption; line and columns are named.</exception>
    public void Read(string first)
    {
        // Excel's word for what is between fields.
        char? stated = first.Length == 5 && first.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) ? first[4] : null;
        if (stated is not null && !lines.TryRead(out first))
            throw new InputException($"cannot read '{list}': it has no line after the one that states the separator; expected one entry "
                + "per line");
        if (stated is { } other && Delimiters.All(known => known.Delimiter != other))
            throw new InputException($"cannot read '{list}': line 1 says that '{Shown($"{other}")}' separates its columns; expected a "
                + "tab, a bar, a semicolon or a comma");
        Header? header = Delimiters.Select(known => known.Delimiter).Where(known => stated is null || known == stated)
            .Select(delimiter => HeaderOf(first, delimiter)).FirstOrDefault(found => found is { Image: >= 0, Caption: >= 0 });
        char separator = header?.Delimiter ?? stated ?? Guess(first);
        if (header is null) RequireNoHeader(first, separator);
        var rows = new DelimitedRows(lines, separator, header is not null);
        if (header is null) Add(rows, first, lines.Number, lines.Problem, null);
        while (rows.TryRead(out string line, out int number, out string? problem)) Add(rows, line, number, problem, header);
    }

    private static Header HeaderOf(string line, char delimiter)
    {
        string[] names = DelimitedRows.TrySplitQuoted(line, delimiter, out string[] fields)
            ? [.. fields.Select(field => field.Trim())]
            : [];
        return new Header(delimiter, names, ColumnOf(names, CaptionList.ImageColumns), ColumnOf(names, CaptionList.CaptionColumns));
    }

    private static int ColumnOf(string[] names, string[] known) => known
        .Select(name => Array.FindIndex(names, column => column.Equals(name, StringComparison.OrdinalIgnoreCase)))
        .FirstOrDefault(column => column >= 0, -1);

    private char Guess(string first)
    {
        if (first.Contains('\t', StringComparison.Ordinal) || CaptionList.EndingOf(list) is ".tsv" or ".token") return '\t';
        if (first.Contains('|', StringComparison.Ordinal)) return '|';
        int comma = first.IndexOf(',', StringComparison.Ordinal), semicolon = first.IndexOf(';', StringComparison.Ordinal);
        // Paths have neither as a rule, so the first of them ends the path.
        if (semicolon >= 0 && (comma < 0 || semicolon < comma)) return ';';
        return comma >= 0 || CaptionList.EndingOf(list) == ".csv" ? ',' : '\t';
    }

    // A header that names one of the two columns is no line of captions, and a line of many fields is none either.
    private void RequireNoHeader(string first, char delimiter)
    {
        Header header = HeaderOf(first, delimiter);
        bool isOneNamed = header.Image >= 0 != header.Caption >= 0 && !header.Names.Any(ImageFolder.IsImage);
        bool isTooWide = delimiter is ',' or ';' && !DelimitedRows.MayBePair(first, delimiter);
        if (!isOneNamed && !isTooWide) return;
        string missing = header.Image < 0 && header.Caption < 0 ? "neither for the image nor for the caption"
            : header.Image < 0 ? "none for the image" : "none for the caption";
        string expected = string.Join(" and ", new[]
        {
            header.Image < 0 ? "one of " + string.Join(", ", CaptionList.ImageColumns) : "",
            header.Caption < 0 ? "one of " + string.Join(", ", CaptionList.CaptionColumns) : "",
        }.Where(text => text.Length > 0));
        throw new InputException($"cannot read '{list}': line {Text(lines.Number)} has the columns {Named(header.Names)} between "
            + $"{NameOf(delimiter)}, but {missing}; expected {expected}: rename a column, or add a header");
    }

    private void Add(DelimitedRows rows, string line, int number, string? problem, Header? header)
    {
        if (_blanks.Take(line, number, problem)) return;
        if (problem is not null)
        {
            samples.AddProblem(problem, number);
            return;
        }

        string[] fields = rows.Split(line);
        if (fields.Length == 0)
        {
            samples.AddProblem("has an unclosed quote", number);
            return;
        }

        int columns = header?.Names.Length ?? 2;
        // Bars within the caption, where that is last.
        if (header is { Delimiter: '|' } && fields.Length > columns && header.Caption == columns - 1)
            fields = [.. fields[..(columns - 1)], string.Join('|', fields[(columns - 1)..])];
        if (fields.Length != columns)
        {
            string expected = header is null
                ? $"expected two: path, {(rows.Delimiter == '\t' ? "tab" : $"'{rows.Delimiter}'")}, caption"
                : $"expected {Text(columns)}, as in the header: {Named(header.Names)}";
            samples.AddProblem($"has {Text(fields.Length)} fields between {NameOf(rows.Delimiter)}; {expected}", number);
            return;
        }

        (int image, int caption) = header is null ? (0, 1) : (header.Image, header.Caption);
        string path = CaptionList.Unnumbered(PathOf(fields[image])), text = fields[caption].Trim();
        if (path.Length > 0 && text.Length > 0) samples.Add(path, text.ReplaceLineEndings(" "), number);
        else if (header is null)
            samples.AddProblem($"has an empty {(path.Length == 0 ? "path" : "caption")}; expected a path and a caption", number);
        else
            samples.AddProblem($"has an empty column '{header.Names[path.Length == 0 ? image : caption]}'; expected "
                + (path.Length == 0 ? "the path of an image" : "a caption"), number);
    }

    // Lists may have spaces around fields; a file name that really has such spaces wins.
    private string PathOf(string field) =>
        field.Trim() is var name
            && (name.Length == field.Length || name.Length == 0 || Path.IsPathRooted(field) || !File.Exists(Path.Combine(folder, field)))
            ? name
            : field;

    private static string Named(string[] names) => names.Length == 0
        ? "of an unclosed quote"
        : string.Join(", ", names.Take(MostColumnsNamed).Select(name => $"'{Shown(name)}'"))
            + (names.Length > MostColumnsNamed ? $" and {Text(names.Length - MostColumnsNamed)} more" : "");

    private static string Shown(string name) =>
        new([.. name.Take(MostLettersNamed).Select(c => char.IsControl(c) ? '?' : c), .. name.Length > MostLettersNamed ? "…" : ""]);

    private static string NameOf(char delimiter) => Delimiters.First(known => known.Delimiter == delimiter).Name;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The first line of a table: the names of its columns, and which are those of the image and the caption, or -1.</summary>
    private sealed record Header(char Delimiter, string[] Names, int Image, int Caption);
}
