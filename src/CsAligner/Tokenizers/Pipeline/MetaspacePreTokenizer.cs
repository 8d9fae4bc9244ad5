namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Metaspace": spaces become a visible mark, one is put in front, and words begin at marks.</summary>
internal sealed class MetaspacePreTokenizer(char replacement, PrependScheme prepend, bool split) : IPreTokenizer
{
    private readonly string _mark = replacement.ToString();

    public void Split(Piece piece, List<Piece> words)
    {
        string text = piece.Span.ToString().Replace(' ', replacement);
        bool prepended = text is [var first, ..] && first != replacement
            && (prepend == PrependScheme.Always || (prepend == PrependScheme.First && piece.First));
        var marked = new Piece(prepended ? _mark + text : text, piece.First);
        if (!split)
        {
            if (marked.Length > 0)
                words.Add(marked);
            return;
        }

        ReadOnlySpan<char> rest = marked.Span;
        for (int start = 0; start < rest.Length;)
        {
            int next = rest[(start + 1)..].IndexOf(replacement);
            int length = next < 0 ? rest.Length - start : next + 1;
            words.Add(marked.Slice(start, length));
            start += length;
        }
    }
}
