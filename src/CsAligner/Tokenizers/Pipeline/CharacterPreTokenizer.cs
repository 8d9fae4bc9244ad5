using System.Text;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Cuts at single characters of one kind.</summary>
internal sealed class CharacterPreTokenizer(Func<Rune, bool> isDelimiter, SplitBehavior behavior) : IPreTokenizer
{
    private readonly bool[] _ascii = [.. Enumerable.Range(0, 128).Select(character => isDelimiter(new Rune(character)))];

    public void Split(Piece piece, List<Piece> words)
    {
        ReadOnlySpan<char> text = piece.Span;
        var delimiters = new List<(int Start, int Length)>();
        for (int i = 0, width; i < text.Length; i += width)
        {
            width = 1;
            bool found = text[i] < 128
                ? _ascii[text[i]]
                : Rune.DecodeFromUtf16(text[i..], out Rune rune, out width) == System.Buffers.OperationStatus.Done && isDelimiter(rune);
            if (found)
                delimiters.Add((i, width));
        }

        PieceSplitter.Cut(piece, delimiters, behavior, invert: false, words);
    }
}
