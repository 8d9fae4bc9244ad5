using System.Globalization;
using CsAligner.Tensors;

namespace CsAligner.Data.Datasets.WebDatasets;

/// <summary>File names with braces, as a shell has them: <c>{000000..000099}</c> and <c>{a,b}</c>.</summary>
internal static class BraceRange
{
    private const int MostNames = 1_000_000;

    /// <summary>All names that match a pattern, in order; the pattern itself if it has no braces.</summary>
    /// <exception cref="InputException">A brace that is not closed, or too many names.</exception>
    public static string[] Expand(string pattern)
    {
        int open = pattern.IndexOf('{');
        if (open < 0) return [pattern];
        int close = Close(pattern, open);
        string head = pattern[..open];
        string[] tails = Expand(pattern[(close + 1)..]);
        string[] middles = Middles(pattern[(open + 1)..close], pattern);
        if ((long)middles.Length * tails.Length > MostNames) throw TooMany(pattern);
        return [.. middles.SelectMany(middle => tails.Select(tail => head + middle + tail))];
    }

    private static int Close(string pattern, int open)
    {
        int depth = 0;
        for (int i = open; i < pattern.Length; i++)
        {
            depth += pattern[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0) return i;
        }

        throw new InputException($"cannot read '{pattern}': a brace is not closed; write a range such as {{000000..000099}}");
    }

    private static string[] Middles(string inside, string pattern)
    {
        string[] ends = inside.Split("..");
        if (ends.Length == 2 && IsNumber(ends[0], out int first) && IsNumber(ends[1], out int last))
        {
            if (Math.Abs((long)last - first) >= MostNames) throw TooMany(pattern);
            bool padded = ends.Any(end => end.Length > 1 && end[0] == '0');
            string format = padded ? $"D{Math.Max(ends[0].Length, ends[1].Length)}" : "D";
            int step = first <= last ? 1 : -1;
            return [.. Enumerable.Range(0, Math.Abs(last - first) + 1)
                .Select(i => (first + (i * step)).ToString(format, CultureInfo.InvariantCulture))];
        }

        string[] choices = Choices(inside);
        return choices.Length > 1
            ? [.. choices.SelectMany(Expand)]
            : throw new InputException(
                $"cannot read '{pattern}': '{{{inside}}}' is neither a range such as {{000000..000099}} nor a choice such as {{a,b}}");
    }

    private static string[] Choices(string inside)
    {
        var choices = new List<string>();
        int depth = 0, start = 0;
        for (int i = 0; i < inside.Length; i++)
        {
            depth += inside[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (inside[i] != ',' || depth > 0) continue;
            choices.Add(inside[start..i]);
            start = i + 1;
        }

        return [.. choices, inside[start..]];
    }

    private static bool IsNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static InputException TooMany(string pattern) =>
        new($"cannot read '{pattern}': it matches more than {MostNames} names; correct the range");
}
