using CsAligner.Tokenizers;

namespace CsAligner.Data.Icons;

/// <summary>
/// The words, or the tokens, that occur in training captions, and by it the queries that training said nothing of: those none of
/// whose words (or tokens) is among them. Where <see cref="SeenCaptions"/> asks for whole captions, this asks for their parts.
/// </summary>
public sealed class CaptionVocabulary
{
    private readonly Func<string, IEnumerable<string>> _partsOf;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private CaptionVocabulary(IEnumerable<string> captions, Func<string, IEnumerable<string>> partsOf)
    {
        ArgumentNullException.ThrowIfNull(captions);
        _partsOf = partsOf;
        foreach (string caption in captions)
            _known.UnionWith(partsOf(caption));
    }

    /// <summary>How many different words or tokens there are.</summary>
    public int Count => _known.Count;

    /// <summary>The words of training captions: runs of letters and digits, in lower case.</summary>
    /// <param name="captions">All captions that training saw.</param>
    public static CaptionVocabulary OfWords(IEnumerable<string> captions) => new(captions, Words);

    /// <summary>The tokens that CLIP's byte pairs make of them, without the marks of begin and end.</summary>
    /// <param name="captions">All captions that training saw.</param>
    /// <param name="tokenizer">The encoder's tokenizer.</param>
    public static CaptionVocabulary OfTokens(IEnumerable<string> captions, ClipTokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return new(captions, caption => Numbers(tokenizer.Encode(caption).Where(id => id != tokenizer.StartId && id != tokenizer.EndId)));
    }

    /// <summary>True when the caption has parts and training saw none of them.</summary>
    public bool IsUnseen(string caption)
    {
        ArgumentNullException.ThrowIfNull(caption);
        bool any = false;
        foreach (string part in _partsOf(caption))
        {
            if (_known.Contains(part))
                return false;
            any = true;
        }

        return any;
    }

    /// <summary>The indices of unseen captions, ascending.</summary>
    public int[] Unseen(IReadOnlyList<string> captions)
    {
        ArgumentNullException.ThrowIfNull(captions);
        return [.. Enumerable.Range(0, captions.Count).Where(i => IsUnseen(captions[i]))];
    }

    private static string[] Words(string caption) => CaptionMaker.Words(caption).Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<string> Numbers(IEnumerable<int> ids) =>
        ids.Select(id => id.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
