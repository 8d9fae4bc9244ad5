namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"WordPiece": the longest token that a word begins with, then the longest that the rest begins with, and so on.</summary>
internal sealed class WordPieceModel : IWordModel
{
    // Every length up to the longest is looked up at every place of a word.
    private const int LongestPiece = 256;

    private readonly string _prefix;
    private readonly int _unknown;
    private readonly int _longestWord;
    private readonly WordCache _cache = new();

    private WordPieceModel(JsonView json)
    {
        json.Allow("type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab");
        Vocabulary = Vocabulary.Read(json.Required("vocab"));
        if (Vocabulary.LongestToken > LongestPiece)
            throw json.Required("vocab")
                .Malformed($"a token has {Vocabulary.LongestToken} characters; the limit is {LongestPiece}");
        _prefix = json.Text("continuing_subword_prefix", "##");
        _unknown = ModelReader.UnknownId(json, Vocabulary, "[UNK]");
        if (_unknown < 0)
            throw json.Malformed("unk_token is missing");
        _longestWord = json.Optional("max_input_chars_per_word")?.Id() ?? 100;
    }

    public Vocabulary Vocabulary { get; }

    public static WordPieceModel Read(JsonView json) => new(json);

    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        int before = ids.Count;
        if (!TryPieces(word, ids))
        {
            ids.RemoveRange(before, ids.Count - before);
            ids.Add(_unknown);
        }

        if (word.Length <= WordCache.LongestWord)
            _cache.Add(word, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private bool TryPieces(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > _longestWord && Characters(word) > _longestWord)
            return false;
        Span<char> buffer = stackalloc char[256];
        if (word.Length + _prefix.Length > buffer.Length)
            buffer = new char[word.Length + _prefix.Length];
        _prefix.CopyTo(buffer);
        word.CopyTo(buffer[_prefix.Length..]);
        for (int start = 0; start < word.Length;)
        {
            // The prefix is written over the part of the word that is done; before the first piece there is none.
            Span<char> rest = start == 0
                ? buffer.Slice(_prefix.Length, word.Length)
                : buffer.Slice(start, _prefix.Length + word.Length - start);
            if (start > 0)
                _prefix.CopyTo(rest);
            int least = rest.Length - (word.Length - start), length = Math.Min(rest.Length, Vocabulary.LongestToken);
            if (length < rest.Length && length > least && char.IsLowSurrogate(rest[length]))
                length--;
            int id = 0;
            while (length > least && !Vocabulary.TryGet(rest[..length], out id))
                length -= length - 1 > least && char.IsLowSurrogate(rest[length - 1]) ? 2 : 1;
            if (length <= least)
                return false;
            ids.Add(id);
            start += length - least;
        }

        return true;
    }

    private static int Characters(ReadOnlySpan<char> word)
    {
        int count = 0;
        foreach (char unit in word)
            count += char.IsLowSurrogate(unit) ? 0 : 1;
        return count;
    }
}
