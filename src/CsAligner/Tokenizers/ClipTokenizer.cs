using System.Buffers;
using System.Text;
using CsAligner.Tensors;
using CsAligner.Tokenizers.Characters;
using CsAligner.Tokenizers.Pieces;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Tokenizers;

/// <summary>
/// The byte-level BPE tokenizer of CLIP, reading Hugging Face's <c>vocab.json</c> and <c>merges.txt</c>: HTML
/// references resolved (twice), lower case, the original's word expression, UTF-8 bytes, merges inside words,
/// <c>&lt;/w&gt;</c> at word ends. The special tokens are recognised when a text spells them out. Thread-safe.
/// </summary>
/// <remarks>
/// One step of the original is left out: ftfy, which repairs text that was decoded wrongly and, beside that, composes
/// characters (NFC), straightens curly quotes and narrows full-width letters. Texts that need it give other tokens.
/// Lone surrogates count as U+FFFD.
/// </remarks>
public sealed class ClipTokenizer : ITokenizer
{
    private readonly BpeVocabulary _vocabulary;
    private readonly BpeMerges _merges;
    private readonly WordCache _cache = new();
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _lastByteIds = new int[256];
    private readonly byte[][] _tokenBytes;

    /// <summary>A tokenizer for a vocabulary that was read or trained.</summary>
    public ClipTokenizer(BpeVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        _vocabulary = vocabulary;
        _merges = vocabulary.MergesOfIds();
        StartId = vocabulary.IdOf(ClipText.StartOfText);
        EndId = vocabulary.IdOf(ClipText.EndOfText);
        for (int value = 0; value < 256; value++)
        {
            string token = ByteAlphabet.CharacterOf((byte)value).ToString();
            _byteIds[value] = vocabulary.IdOf(token);
            _lastByteIds[value] = vocabulary.IdOf(token + BpeVocabulary.WordEnd);
        }

        _tokenBytes = [.. vocabulary.Tokens.Select(BytesOf)];
    }

    /// <summary>Number of tokens, the special ones included; ids are below it.</summary>
    public int VocabularySize => _vocabulary.Tokens.Count;

    /// <summary>Id of <c>&lt;|startoftext|&gt;</c>.</summary>
    public int StartId { get; }

    /// <summary>Id of <c>&lt;|endoftext|&gt;</c>, which also pads, as in Hugging Face's CLIP.</summary>
    public int EndId { get; }

    /// <inheritdoc/>
    public int PaddingId => EndId;

    /// <summary>Not said by the tokenizer's files: the model's <c>config.json</c> does (77 for OpenAI's).</summary>
    public int? ContextLength => null;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, int> SpecialTokens =>
        new Dictionary<string, int>(StringComparer.Ordinal) { [ClipText.StartOfText] = StartId, [ClipText.EndOfText] = EndId };

    /// <summary>Reads <c>vocab.json</c> and <c>merges.txt</c> of a folder.</summary>
    /// <exception cref="InputException">A file is missing or does not hold what it should.</exception>
    public static ClipTokenizer Load(string folder) => new(BpeVocabulary.Read(folder));

    /// <summary>The ids of a text between start and end token, however many.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var ids = new ArrayBufferWriter<int>(64);
        Append(text, int.MaxValue, ids);
        return ids.WrittenSpan.ToArray();
    }

    /// <summary>
    /// The ids of several texts in rows of <paramref name="contextLength"/>: longer texts lose words and keep their
    /// end token, shorter ones are filled up with <see cref="EndId"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="contextLength"/> is below 2.</exception>
    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int contextLength)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(contextLength, 2);
        var batch = new TokenBatch(texts.Count, contextLength);
        Encode(texts, batch);
        return batch;
    }

    /// <summary>The same into a batch that is there already, of as many texts.</summary>
    internal void Encode(IReadOnlyList<string> texts, TokenBatch batch)
    {
        Array.Fill(batch.Ids, EndId);
        var row = new ArrayBufferWriter<int>(batch.ContextLength + 64);
        for (int i = 0; i < texts.Count; i++)
        {
            row.ResetWrittenCount();
            Append(texts[i], batch.ContextLength, row);
            row.WrittenSpan.CopyTo(batch.Ids.AsSpan(i * batch.ContextLength));
            batch.Lengths[i] = row.WrittenCount;
        }
    }

    /// <summary>
    /// The text of some ids: words with a space between, start and end tokens left out, bytes that are not UTF-8 as
    /// U+FFFD. Case and the original spaces are gone.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not below <see cref="VocabularySize"/>.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>(ids.Length * 8 + 1);
        foreach (int id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, VocabularySize, nameof(ids));
            if (id != StartId && id != EndId)
                bytes.Write(_tokenBytes[id]);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan).TrimEnd(' ');
    }

    /// <summary>Appends start token, words and end token, at most <paramref name="limit"/> ids in all.</summary>
    private void Append(string text, int limit, ArrayBufferWriter<int> ids)
    {
        ReadOnlySpan<char> cleaned = ClipText.Clean(text);
        Append(StartId, ids);
        int position = 0;
        while (ids.WrittenCount < limit - 1 && ClipText.NextWord(cleaned, ref position, out ReadOnlySpan<char> word))
            AppendWord(word, limit - 1, ids);
        Append(EndId, ids);
    }

    private void AppendWord(ReadOnlySpan<char> word, int limit, ArrayBufferWriter<int> ids)
    {
        if (word is ClipText.StartOfText)
            Append(StartId, ids);
        else if (word is ClipText.EndOfText)
            Append(EndId, ids);
        else if (_cache.TryGet(word, out ReadOnlySpan<int> known))
            ids.Write(known[..Math.Min(known.Length, limit - ids.WrittenCount)]);
        else
            MergeWord(word, limit, ids);
    }

    private void MergeWord(ReadOnlySpan<char> word, int limit, ArrayBufferWriter<int> ids)
    {
        int length = Encoding.UTF8.GetByteCount(word);
        byte[]? rentedBytes = null;
        int[]? rentedIds = null;
        Span<byte> bytes = length <= 256 ? stackalloc byte[length] : (rentedBytes = ArrayPool<byte>.Shared.Rent(length)).AsSpan(0, length);
        Span<int> merged = length <= 256 ? stackalloc int[length] : (rentedIds = ArrayPool<int>.Shared.Rent(length)).AsSpan(0, length);
        Encoding.UTF8.GetBytes(word, bytes);
        for (int i = 0; i < length; i++)
            merged[i] = _byteIds[bytes[i]];
        merged[^1] = _lastByteIds[bytes[^1]];
        merged = merged[.._merges.Apply(merged)];
        _cache.Add(word, merged);
        ids.Write(merged[..Math.Min(merged.Length, limit - ids.WrittenCount)]);
        if (rentedBytes is not null)
            ArrayPool<byte>.Shared.Return(rentedBytes);
        if (rentedIds is not null)
            ArrayPool<int>.Shared.Return(rentedIds);
    }

    private static void Append(int id, ArrayBufferWriter<int> ids)
    {
        ids.GetSpan(1)[0] = id;
        ids.Advance(1);
    }

    private byte[] BytesOf(string token)
    {
        bool ends = token.EndsWith(BpeVocabulary.WordEnd, StringComparison.Ordinal);
        ReadOnlySpan<char> characters = ends ? token.AsSpan(0, token.Length - BpeVocabulary.WordEnd.Length) : token;
        var bytes = new List<byte>(characters.Length + 1);
        foreach (char character in characters)
        {
            if (ByteAlphabet.ByteOf(character) is >= 0 and int value)
                bytes.Add((byte)value);
        }

        if (ends)
            bytes.Add((byte)' ');
        return [.. bytes];
    }
}
