using System.Runtime.InteropServices;
using System.Text;
using CsAligner.Tokenizers.Characters;
using Pair = (int Left, int Right);

namespace CsAligner.Tokenizers;

/// <summary>
/// Trains a byte-level BPE vocabulary in CLIP's manner: 256 bytes, 256 bytes that end a word, one token to a merge,
/// the two special tokens last. The most frequent pair is merged first; among pairs of one count the smaller left id
/// wins, then the smaller right id, so the result depends on the captions' counts only, not on their order.
/// </summary>
/// <remarks>
/// Pair counts are kept up to date through the words that hold a pair, so each merge costs what it changes.
/// A pair whose joined text is a token already is never merged: every token has one merge, as in CLIP's files.
/// </remarks>
public sealed class BpeTrainer
{
    private const int BaseTokens = 512;
    private const int SpecialTokens = 2;

    private readonly List<string> _tokens = new(4096);
    private readonly List<BpeMerge> _merges = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<int[]> _words = [];
    private readonly List<long> _wordCounts = [];
    private readonly Dictionary<Pair, long> _pairCounts = [];
    private readonly Dictionary<Pair, HashSet<int>> _pairWords = [];
    private readonly PriorityQueue<Pair, (long NegativeCount, Pair Pair)> _queue = new();

    private BpeTrainer()
    {
    }

    /// <summary>Trains a vocabulary on captions and how often each occurs.</summary>
    /// <param name="captions">Texts, cleaned and cut into words as the tokenizer does, and their counts (1 or more).</param>
    /// <param name="vocabularySize">Tokens wanted, at least 514; fewer come out when no pair occurs often enough.</param>
    /// <param name="minimumCount">A pair that occurs less often is not merged.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size, count or minimum is out of its range.</exception>
    public static BpeVocabulary Train(IEnumerable<KeyValuePair<string, long>> captions, int vocabularySize, long minimumCount = 2)
    {
        ArgumentNullException.ThrowIfNull(captions);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, BaseTokens + SpecialTokens);
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumCount, 1);
        var trainer = new BpeTrainer();
        trainer.AddBaseTokens();
        trainer.AddWords(CountWords(captions));
        trainer.Merge(vocabularySize - SpecialTokens, minimumCount);
        return new BpeVocabulary([.. trainer._tokens, ClipText.StartOfText, ClipText.EndOfText], trainer._merges);
    }

    private static Dictionary<string, long> CountWords(IEnumerable<KeyValuePair<string, long>> captions)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((string caption, long count) in captions)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(captions));
            ReadOnlySpan<char> text = ClipText.Clean(caption);
            int position = 0;
            while (ClipText.NextWord(text, ref position, out ReadOnlySpan<char> word))
            {
                if (word is not (ClipText.StartOfText or ClipText.EndOfText))
                    CollectionsMarshal.GetValueRefOrAddDefault(lookup, word, out _) += count;
            }
        }

        return counts;
    }

    private void AddBaseTokens()
    {
        foreach (string ending in (ReadOnlySpan<string>)["", BpeVocabulary.WordEnd])
        {
            foreach (byte value in ByteAlphabet.Order)
                AddToken(ByteAlphabet.CharacterOf(value) + ending);
        }
    }

    private void AddToken(string token)
    {
        _known.Add(token);
        _tokens.Add(token);
    }

    private void AddWords(Dictionary<string, long> counts)
    {
        Span<int> idOfByte = stackalloc int[256];
        for (int id = 0; id < 256; id++)
            idOfByte[ByteAlphabet.Order[id]] = id;
        foreach ((string word, long count) in counts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(word);
            var symbols = new int[bytes.Length];
            for (int i = 0; i < bytes.Length; i++)
                symbols[i] = idOfByte[bytes[i]] + (i == bytes.Length - 1 ? 256 : 0);
            _words.Add(symbols);
            _wordCounts.Add(count);
            CountPairs(_words.Count - 1, 1);
        }

        foreach ((Pair pair, long count) in _pairCounts)
            _queue.Enqueue(pair, (-count, pair));
    }

    private void Merge(int tokensWanted, long minimumCount)
    {
        while (_tokens.Count < tokensWanted && _queue.TryDequeue(out Pair pair, out (long NegativeCount, Pair Pair) priority))
        {
            // An entry is a bid: stale ones, whose count has changed since, are thrown away.
            long count = _pairCounts.GetValueOrDefault(pair);
            if (count != -priority.NegativeCount)
                continue;
            if (count < minimumCount)
                break;
            string joined = _tokens[pair.Left] + _tokens[pair.Right];
            if (_known.Contains(joined))
                continue;
            _merges.Add(new BpeMerge(_tokens[pair.Left], _tokens[pair.Right]));
            AddToken(joined);
            MergeInWords(pair, _tokens.Count - 1);
        }
    }

    private void MergeInWords(Pair pair, int id)
    {
        var changed = new HashSet<Pair>();
        foreach (int word in _pairWords[pair].Order())
        {
            CountPairs(word, -1, changed);
            _words[word] = Replace(_words[word], pair, id);
            CountPairs(word, 1, changed);
        }

        foreach (Pair other in changed)
        {
            if (_pairCounts.GetValueOrDefault(other) is > 0 and long count)
                _queue.Enqueue(other, (-count, other));
        }
    }

    /// <summary>Adds or takes away one word's pairs.</summary>
    private void CountPairs(int word, int sign, HashSet<Pair>? changed = null)
    {
        int[] symbols = _words[word];
        for (int i = 0; i + 1 < symbols.Length; i++)
        {
            Pair pair = (symbols[i], symbols[i + 1]);
            ref long count = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairCounts, pair, out _);
            count += sign * _wordCounts[word];
            ref HashSet<int>? words = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairWords, pair, out _);
            words ??= [];
            if (sign > 0)
                words.Add(word);
            else
                words.Remove(word);
            changed?.Add(pair);
        }
    }

    private static int[] Replace(int[] symbols, Pair pair, int id)
    {
        var replaced = new List<int>(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            bool merged = i + 1 < symbols.Length && symbols[i] == pair.Left && symbols[i + 1] == pair.Right;
            replaced.Add(merged ? id : symbols[i]);
            i += merged ? 1 : 0;
        }

        return [.. replaced];
    }
}
