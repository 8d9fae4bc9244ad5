namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Numbers found by a hash of what they stand for, 8 bytes in a table that is filled to three quarters at most. What they stand for
/// is kept by the caller, who compares. Hashes must not be for others to choose: <see cref="HashCode"/> has a seed of its own in
/// each process.
/// </summary>
internal sealed class HashIndex
{
    // A number and one more; 0 is a free slot.
    private (int Hash, int Number)[] _slots = new (int, int)[1024];
    private int _count;

    /// <summary>The hash of a string's bytes.</summary>
    public static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }

    /// <summary>The numbers that were added with a hash, one after the other; -1 when there are no more.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="steps">0 for the first, then as it was left.</param>
    public int Next(int hash, ref int steps)
    {
        while (true)
        {
            (int found, int number) = _slots[(hash + steps++) & (_slots.Length - 1)];
            if (number == 0) return -1;
            if (found == hash) return number - 1;
        }
    }

    public void Add(int hash, int number)
    {
        if (4L * (_count + 1) > 3L * _slots.Length)
        {
            var old = _slots;
            _slots = new (int, int)[checked(2 * old.Length)];
            foreach (var slot in old)
            {
                if (slot.Number != 0) Put(slot);
            }
        }

        Put((hash, number + 1));
        _count++;
    }

    private void Put((int Hash, int Number) slot)
    {
        int at = slot.Hash;
        while (_slots[at & (_slots.Length - 1)].Number != 0) at++;
        _slots[at & (_slots.Length - 1)] = slot;
    }
}
