using System.Buffers;
using System.Text;
using System.Text.Json;
using CsAligner.Tokenizers.Pieces;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"BPE": characters, merged pair by pair.</summary>
internal sealed class BpeModel : IWordModel
{
    private const int LongestAffix = 32;

    private readonly BpeMerges _merges;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly int _unknown;
    private readonly bool _fuseUnknown;
    private readonly bool _ignoreMerges;
    private readonly int[]? _byteIds;
    private readonly WordCache _cache = new();

    // All characters that stand side by side in a token; null if parts of words are not as the words.
    private readonly Lazy<HashSet<int>>? _neighbours;

    private BpeModel(JsonView json)
    {
        json.Allow("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
            "ignore_merges", "vocab", "merges");
        Vocabulary = Vocabulary.Read(json.Required("vocab"));
        if (json.Optional("dropout") is { } dropout && dropout.Number() != 0)
            throw json.Unknown("option", "dropout");
        _prefix = Affix(json, "continuing_subword_prefix");
        _suffix = Affix(json, "end_of_word_suffix");
        _unknown = ModelReader.UnknownId(json, Vocabulary);
        _fuseUnknown = json.Flag("fuse_unk", false);
        _ignoreMerges = json.Flag("ignore_merges", false);
        _byteIds = json.Flag("byte_fallback", false) ? Vocabulary.ByteIds() : null;
        _merges = ReadMerges(json.Required("merges"), out bool mergesBytes);
        if (_prefix.Length == 0 && _suffix.Length == 0 && !_ignoreMerges && !mergesBytes)
            _neighbours = new Lazy<HashSet<int>>(FindNeighbours);
    }

    public Vocabulary Vocabulary { get; }

    public static BpeModel Read(JsonView json) => new(json);

    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
        }
        else if (_ignoreMerges && Vocabulary.TryGet(word, out int whole))
        {
            _cache.Add(word, [whole]);
            ids.Add(whole);
        }
        else if (word.Length <= WordCache.LongestWord || _neighbours is null)
        {
            Merge(word, ids);
        }
        else
        {
            EncodeParts(word, ids);
        }
    }

    /// <summary>
    /// Of models that take a whole text as one word: cut where no merge can reach across, for no token holds these two characters side
    /// by side. The parts' ids are the whole's, and most parts are known. Behind an unknown character only a known one begins a part.
    /// </summary>
    private void EncodeParts(ReadOnlySpan<char> word, List<int> ids)
    {
        HashSet<int> neighbours = _neighbours!.Value;
        int start = 0;
        for (int i = 1; i < word.Length; i++)
        {
            if (neighbours.Contains(Neighbours(word[i - 1], word[i])) || char.IsSurrogate(word[i])
                || !Vocabulary.TryGet(word.Slice(i, 1), out _))
                continue;
            EncodePart(word[start..i], ids);
            start = i;
        }

        EncodePart(word[start..], ids);
    }

    private void EncodePart(ReadOnlySpan<char> part, List<int> ids)
    {
        if (_cache.TryGet(part, out ReadOnlySpan<int> known))
            ids.AddRange(known);
        else
            Merge(part, ids);
    }

    private void Merge(ReadOnlySpan<char> word, List<int> ids)
    {
        // A UTF-16 unit is at most three bytes in UTF-8, and so is one of an affix, which is counted in where bytes are fallen back on.
        int[]? rented = null;
        int most = _byteIds is null ? word.Length : word.Length * 3 * (1 + _prefix.Length + _suffix.Length);
        Span<int> symbols = most <= 256 ? stackalloc int[256] : rented = ArrayPool<int>.Shared.Rent(most);
        symbols = symbols[..Symbols(word, symbols)];
        symbols = symbols[.._merges.Apply(symbols)];
        _cache.Add(word, symbols);
        ids.AddRange(symbols);
        if (rented is not null)
            ArrayPool<int>.Shared.Return(rented);
    }

    private int Symbols(ReadOnlySpan<char> word, Span<int> symbols)
    {
        Span<char> buffer = stackalloc char[(2 * LongestAffix) + 2];
        int count = 0;
        bool unknown = false;
        for (int i = 0, width; i < word.Length; i += width)
        {
            width = char.IsHighSurrogate(word[i]) && i + 1 < word.Length ? 2 : 1;
            ReadOnlySpan<char> character = WithAffixes(word, i, width, buffer);
            if (Vocabulary.TryGet(character, out int id))
            {
                symbols[count++] = id;
                unknown = false;
            }
            else if (!TryBytes(character, symbols, ref count) && _unknown >= 0)
            {
                if (!(_fuseUnknown && unknown))
                    symbols[count++] = _unknown;
                unknown = true;
            }
        }

        return count;
    }

    private ReadOnlySpan<char> WithAffixes(ReadOnlySpan<char> word, int start, int width, Span<char> buffer)
    {
        bool prefixed = _prefix.Length > 0 && start > 0, suffixed = _suffix.Length > 0 && start + width == word.Length;
        ReadOnlySpan<char> character = word.Slice(start, width);
        if (!prefixed && !suffixed)
            return character;
        ReadOnlySpan<char> prefix = prefixed ? _prefix : "", suffix = suffixed ? _suffix : "";
        prefix.CopyTo(buffer);
        character.CopyTo(buffer[prefix.Length..]);
        suffix.CopyTo(buffer[(prefix.Length + width)..]);
        return buffer[..(prefix.Length + width + suffix.Length)];
    }

    private bool TryBytes(ReadOnlySpan<char> character, Span<int> symbols, ref int count)
    {
        if (_byteIds is null)
            return false;
        Span<byte> bytes = stackalloc byte[((2 * LongestAffix) + 2) * 3];
        bytes = bytes[..Encoding.UTF8.GetBytes(character, bytes)];
        foreach (byte value in bytes)
        {
            if (_byteIds[value] < 0)
                return false;
        }

        foreach (byte value in bytes)
            symbols[count++] = _byteIds[value];
        return true;
    }

    private static string Affix(JsonView json, string name)
    {
        string affix = json.Text(name, "");
        return affix.Length <= LongestAffix
            ? affix
            : throw json.Malformed($"{name} has {affix.Length} characters; the limit is {LongestAffix}");
    }

    private HashSet<int> FindNeighbours()
    {
        var neighbours = new HashSet<int>();
        foreach (string token in Vocabulary.Tokens)
        {
            for (int i = 1; i < token.Length; i++)
                neighbours.Add(Neighbours(token[i - 1], token[i]));
        }

        return neighbours;
    }

    private static int Neighbours(char left, char right) => (left << 16) | right;

    /// <param name="json">The section "merges".</param>
    /// <param name="mergesBytes">Whether byte tokens, whose names are not their text, are merged.</param>
    private BpeMerges ReadMerges(JsonView json, out bool mergesBytes)
    {
        mergesBytes = false;
        var merges = new BpeMerges(1024, everywhere: false);
        int rank = 0;
        foreach (JsonView merge in json.Items())
        {
            (string left, string right) = Pair(merge);
            mergesBytes |= IsByte(left) || IsByte(right);
            string joined = left + (right.StartsWith(_prefix, StringComparison.Ordinal) ? right[_prefix.Length..] : right);
            merges.Add(IdOf(left, merge), IdOf(right, merge), rank++, IdOf(joined, merge));
        }

        return merges;
    }

    private int IdOf(string token, JsonView merge) =>
        Vocabulary.TryGet(token, out int id)
            ? id
            : throw merge.Malformed($"the vocabulary does not have the token {JsonView.Shown(token)}");

    private static bool IsByte(string token) => token is ['<', '0', 'x', _, _, '>'];

    // Newer files write pairs, older ones two tokens with a space between.
    private static (string Left, string Right) Pair(JsonView merge)
    {
        string[] parts = merge.Kind == JsonValueKind.Array
            ? [.. merge.Items().Take(3).Select(part => part.Text())]
            : merge.Text().Split(' ');
        return parts is [{ Length: > 0 } left, { Length: > 0 } right] ? (left, right) : throw merge.Malformed("expected two tokens");
    }
}
