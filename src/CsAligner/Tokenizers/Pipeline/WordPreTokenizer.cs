using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Whitespace": runs of word characters, and runs of what is neither that nor white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WordPreTokenizer : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> words)
    {
        ReadOnlySpan<char> text = piece.Span;
        int start = 0;
        Kind kind = Kind.Space;
        for (int i = 0; i < text.Length;)
        {
            Rune.DecodeFromUtf16(text[i..], out Rune rune, out int width);
            Kind next = CharacterKinds.IsWord(rune) ? Kind.Word : Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other;
            if (next != kind)
            {
                if (kind != Kind.Space)
                    words.Add(piece.Slice(start, i - start));
                (start, kind) = (i, next);
            }

            i += width;
        }

        if (kind != Kind.Space)
            words.Add(piece.Slice(start, text.Length - start));
    }

    private enum Kind
    {
        Space,
        Word,
        Other,
    }
}
