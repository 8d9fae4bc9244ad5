namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// The ids of words met before. A fixed table in which a newer word takes the older one's slot, so it cannot grow;
/// entries never change and a slot is one reference, so readers and writers need no lock.
/// </summary>
internal sealed class WordCache
{
    /// <summary>Longer words are not kept: with 32,768 slots the cache stays within some 10 MB.</summary>
    public const int LongestWord = 32;

    private readonly Entry?[] _slots = new Entry?[32768];

    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        Entry? entry = Volatile.Read(ref SlotOf(word));
        bool found = entry is not null && word.SequenceEqual(entry.Word);
        ids = found ? entry!.Ids : default;
        return found;
    }

    public void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (word.Length <= LongestWord)
            Volatile.Write(ref SlotOf(word), new Entry(word.ToString(), ids.ToArray()));
    }

    private ref Entry? SlotOf(ReadOnlySpan<char> word) =>
        ref _slots[string.GetHashCode(word, StringComparison.Ordinal) & (_slots.Length - 1)];

    private sealed record Entry(string Word, int[] Ids);
}
