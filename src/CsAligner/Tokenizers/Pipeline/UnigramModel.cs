using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tensors;
using CsAligner.Tokenizers.Pieces;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// "Unigram": of all ways to cut a word into tokens, the one with the largest sum of scores; of equal ones the first found. A
/// character that no token covers costs the smallest score less 10; what stands together of those is one unknown.
/// </summary>
internal sealed class UnigramModel : IWordModel
{
    private const double UnknownPenalty = 10;

    // Tokens are followed from every place of a word as far as they reach.
    private const int LongestToken = 1024;

    private readonly double[] _scores;
    private readonly int _unknown;
    private readonly double _unknownScore;
    private readonly int[]? _byteIds;
    private readonly WordCache _cache = new();

    // By UTF-16 units.
    private readonly PieceTree _tree = new();

    private UnigramModel(JsonView json)
    {
        json.Allow("type", "unk_id", "byte_fallback", "vocab");
        (string[] tokens, _scores) = ReadTokens(json.Required("vocab"));
        Vocabulary = Vocabulary.Of(tokens);
        _unknown = json.Optional("unk_id")?.Id() ?? -1;
        if (_unknown >= tokens.Length)
            throw json.Malformed($"unk_id is {_unknown}, but there are {tokens.Length} tokens");
        _unknownScore = _scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        _byteIds = json.Flag("byte_fallback", false) ? Vocabulary.ByteIds() : null;
        for (int id = 0; id < tokens.Length; id++)
            _tree.Add(tokens[id].Select(unit => (int)unit), id);
    }

    public Vocabulary Vocabulary { get; }

    public static UnigramModel Read(JsonView json) => new(json);

    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }

        int before = ids.Count;
        AppendBest(word, ids);
        if (word.Length <= WordCache.LongestWord)
            _cache.Add(word, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    private void AppendBest(ReadOnlySpan<char> word, List<int> ids)
    {
        // At each place: the best sum of what ends there, its last token and where that begins; -1 where nothing ends yet.
        var best = new (double Score, int Token, int Start)[word.Length + 1];
        Array.Fill(best, (0, 0, -1));
        for (int start = 0; start < word.Length;)
        {
            int width = char.IsHighSurrogate(word[start]) && start + 1 < word.Length ? 2 : 1;
            bool covered = false;
            int node = 0;
            for (int end = start; end < word.Length && _tree.TryFollow(ref node, word[end]);)
            {
                end++;
                int token = _tree.PieceAt(node);
                if (token == PieceTree.None)
                    continue;
                Offer(best, start, end, token, _scores[token]);
                covered |= end - start == width;
            }

            if (!covered)
                Offer(best, start, start + width, RequireUnknown(word), _unknownScore);
            start += width;
        }

        Collect(word, best, ids);
    }

    private static void Offer((double Score, int Token, int Start)[] best, int start, int end, int token, double score)
    {
        double sum = best[start].Score + score;
        if (best[end].Start < 0 || sum > best[end].Score)
            best[end] = (sum, token, start);
    }

    private void Collect(ReadOnlySpan<char> word, (double Score, int Token, int Start)[] best, List<int> ids)
    {
        var pieces = new List<(int Start, int End, int Token)>();
        for (int end = word.Length; end > 0; end = best[end].Start)
        {
            if (best[end].Token == _unknown && pieces is [.., (var behind, var last, var token)] && token == _unknown && behind == end)
                pieces[^1] = (best[end].Start, last, _unknown);
            else
                pieces.Add((best[end].Start, end, best[end].Token));
        }

        for (int i = pieces.Count - 1; i >= 0; i--)
        {
            (int start, int end, int token) = pieces[i];
            if (token == _unknown)
                AppendUnknown(word[start..end], ids);
            else
                ids.Add(token);
        }
    }

    private void AppendUnknown(ReadOnlySpan<char> characters, List<int> ids)
    {
        if (Vocabulary.TryGet(characters, out int id))
        {
            ids.Add(id);
            return;
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(characters)];
        Encoding.UTF8.GetBytes(characters, bytes);
        if (_byteIds is { } byteIds && bytes.All(value => byteIds[value] >= 0))
            ids.AddRange(bytes.Select(value => byteIds[value]));
        else
            ids.Add(_unknown);
    }

    private int RequireUnknown(ReadOnlySpan<char> word) =>
        _unknown >= 0
            ? _unknown
            : throw new InputException($"tokenizing the word {JsonView.Shown(word.ToString())}: the tokenizer has no tokens for it and no "
                + "unk_id; use a tokenizer with one.");

    private static (string[] Tokens, double[] Scores) ReadTokens(JsonView json)
    {
        var tokens = new List<string>();
        var scores = new List<double>();
        foreach (JsonView pair in json.Items())
        {
            JsonView[] parts = [.. pair.Items().Take(3)];
            if (parts.Length != 2)
                throw pair.Malformed("expected a token and its score");
            tokens.Add(parts[0].Text());
            if (tokens[^1].Length > LongestToken)
                throw parts[0].Malformed($"{tokens[^1].Length} characters; the limit is {LongestToken}");
            scores.Add(parts[1].Number());
        }

        if (tokens.Count is 0 or > Vocabulary.MostIds)
            throw json.Malformed($"expected 1 to {Vocabulary.MostIds} tokens, got {tokens.Count}");
        return ([.. tokens], [.. scores]);
    }
}
