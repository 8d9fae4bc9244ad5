using CsAligner.Data.Disk;
using CsAligner.Data.Languages;
using CsAligner.Tensors;

namespace CsAligner.Data.Pictures;

/// <summary>The text beside a stamp: an English sentence, then lines such as <c>pt_BR.utf8=Um sapo.</c></summary>
/// <param name="English">The sentence; empty where there is none.</param>
/// <param name="Sentences">Those of other languages by their tags, <c>pt-BR</c>.</param>
internal sealed record StampText(string English, IReadOnlyDictionary<string, string> Sentences)
{
    private const string Encoding = ".utf8=";

    // More than any stamp is translated into.
    private const int MostLines = 1000;

    /// <summary>Reads a file; lines in other encodings, or of another form, are passed over as Tux Paint does.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public static StampText Read(string file)
    {
        using var lines = new LineReader(file);
        string english = "";
        var sentences = new Dictionary<string, string>(StringComparer.Ordinal);
        while (lines.Number < MostLines && lines.TryRead(out string line))
        {
            if (lines.Problem is not null) continue;
            if (lines.Number == 1)
            {
                english = line.Trim();
                continue;
            }

            int end = line.IndexOf(Encoding, StringComparison.OrdinalIgnoreCase);
            if (end <= 0 || !LanguageTags.IsTag(line[..end])) continue;
            if (line[(end + Encoding.Length)..].Trim() is { Length: > 0 } sentence)
                sentences.TryAdd(LanguageTags.Plain(line[..end]), sentence);
        }

        return new StampText(english, sentences);
    }
}
