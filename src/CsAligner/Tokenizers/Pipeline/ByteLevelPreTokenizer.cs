using System.Text;
using CsAligner.Tokenizers.Characters;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"ByteLevel": GPT-2's words, each UTF-8 byte written as the visible character that stands for it.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> words)
    {
        if (addPrefixSpace && piece.Span is not [' ', ..])
            piece = new Piece(" " + piece.Span.ToString(), piece.First);
        var visible = new StringBuilder(piece.Length + 16);
        if (!useRegex)
        {
            Append(piece.Span, visible);
            words.Add(new Piece(visible.ToString(), piece.First));
            return;
        }

        // GPT-2's expression leaves nothing out: every match is a word, and they stand side by side.
        var matches = new List<(int Start, int Length)>();
        TextPattern.Gpt2.Find(piece.Span, matches);
        var ends = new int[matches.Count];
        for (int i = 0; i < matches.Count; i++)
        {
            Append(piece.Span.Slice(matches[i].Start, matches[i].Length), visible);
            ends[i] = visible.Length;
        }

        var whole = new Piece(visible.ToString(), piece.First);
        for (int i = 0, start = 0; i < ends.Length; start = ends[i++])
            words.Add(whole.Slice(start, ends[i] - start));
    }

    /// <summary>Appends the visible form of a text's bytes.</summary>
    public static void Append(ReadOnlySpan<char> text, StringBuilder visible)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int i = 0, width; i < text.Length; i += width)
        {
            width = 1;
            if (text[i] < 128)
            {
                visible.Append(ByteAlphabet.CharacterOf((byte)text[i]));
                continue;
            }

            Rune.DecodeFromUtf16(text[i..], out Rune rune, out width);
            int length = rune.EncodeToUtf8(bytes);
            foreach (byte value in bytes[..length])
                visible.Append(ByteAlphabet.CharacterOf(value));
        }
    }
}
