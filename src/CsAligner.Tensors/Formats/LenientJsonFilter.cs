namespace CsAligner.Tensors.Formats;

/// <summary>
/// Writes null instead of NaN, Infinity and -Infinity where they stand as values, not within strings or comments. The text comes in
/// pieces of any size.
/// </summary>
internal sealed class LenientJsonFilter
{
    private enum State
    {
        Value,
        String,
        Escape,
        Slash,
        LineComment,
        BlockComment,
        BlockCommentStar,
    }

    // The longest of the three; a longer word cannot be one of them.
    private const int LongestWord = 9;

    private readonly byte[] _word = new byte[LongestWord];
    private int _wordLength;
    private bool _inLongWord;
    private State _state;

    /// <summary>The most bytes that come out for this many bytes in, including the held-back ones.</summary>
    public static int MostBytes(int count) => checked(count + (count / 3) + LongestWord + 1);

    /// <summary>Takes a piece and returns its filtered bytes; a word at the end is held back.</summary>
    /// <returns>Bytes written.</returns>
    public int Write(ReadOnlySpan<byte> text, Span<byte> plain)
    {
        int written = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (_state == State.String)
            {
                int end = text[i..].IndexOfAny((byte)'"', (byte)'\\');
                ReadOnlySpan<byte> part = end < 0 ? text[i..] : text.Slice(i, end + 1);
                part.CopyTo(plain[written..]);
                written += part.Length;
                i += part.Length - 1;
                if (end >= 0)
                    _state = text[i] == '"' ? State.Value : State.Escape;
                continue;
            }

            byte c = text[i];
            if (_state is State.Value or State.Slash && IsOfWord(c))
            {
                _state = State.Value;
                written += AddToWord(c, plain[written..]);
                continue;
            }

            written += EndWord(plain[written..]);
            plain[written++] = c;
            _state = Next(_state, c);
        }

        return written;
    }

    /// <summary>Gives what was held back: the text has ended.</summary>
    /// <returns>Bytes written.</returns>
    public int Finish(Span<byte> plain) => EndWord(plain);

    private static State Next(State state, byte c) => (state, c) switch
    {
        (State.Escape, _) => State.String,
        (State.Slash, (byte)'/') => State.LineComment,
        (State.Slash, (byte)'*') => State.BlockComment,
        (State.LineComment, not (byte)'\n') => State.LineComment,
        (State.BlockComment or State.BlockCommentStar, (byte)'*') => State.BlockCommentStar,
        (State.BlockCommentStar, (byte)'/') => State.Value,
        (State.BlockComment or State.BlockCommentStar, _) => State.BlockComment,
        (_, (byte)'"') => State.String,
        (_, (byte)'/') => State.Slash,
        _ => State.Value,
    };

    private static bool IsOfWord(byte c) => char.IsAsciiLetterOrDigit((char)c) || c is (byte)'-' or (byte)'+' or (byte)'.' or (byte)'_';

    private int AddToWord(byte c, Span<byte> plain)
    {
        if (!_inLongWord && _wordLength < LongestWord)
        {
            _word[_wordLength++] = c;
            return 0;
        }

        _word.AsSpan(0, _wordLength).CopyTo(plain);
        plain[_wordLength] = c;
        int written = _wordLength + 1;
        (_wordLength, _inLongWord) = (0, true);
        return written;
    }

    private int EndWord(Span<byte> plain)
    {
        ReadOnlySpan<byte> word = _word.AsSpan(0, _wordLength);
        if (!_inLongWord && (word.SequenceEqual("NaN"u8) || word.SequenceEqual("Infinity"u8) || word.SequenceEqual("-Infinity"u8)))
            word = "null"u8;
        word.CopyTo(plain);
        (_wordLength, _inLongWord) = (0, false);
        return word.Length;
    }
}
