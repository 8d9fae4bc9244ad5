using CsAligner.Retrieval;

namespace CsAligner.Search.Embedded;

/// <summary>Which slots of the vector file are in use, and for what kind. Its owner sees to it that one thread changes it at a
/// time.</summary>
internal sealed class SlotTable
{
    private readonly SortedSet<int> _free = [];
    private readonly long[] _counts = new long[2];
    private byte[] _kinds = new byte[1024];

    /// <summary>One more than the highest slot that was ever taken.</summary>
    public int Used { get; private set; }

    public long Total => _counts[0] + _counts[1];

    /// <summary>0 for a free slot, else 1 and the kind.</summary>
    public ReadOnlySpan<byte> Kinds => _kinds.AsSpan(0, Used);

    public long Count(RowKind kind) => _counts[(int)kind];

    public static byte Mark(RowKind kind) => (byte)(1 + (int)kind);

    public bool IsUsed(int slot) => slot < Used && _kinds[slot] != 0;

    /// <summary>Sets a slot aside for a new item: the lowest that is free. It counts from <see cref="Fill"/> on.</summary>
    public int Take()
    {
        if (_free.Count == 0)
        {
            Reserve(Used + 1);
            return Used++;
        }

        int slot = _free.Min;
        _free.Remove(slot);
        return slot;
    }

    /// <summary>Puts an item into a slot that was set aside.</summary>
    public void Fill(int slot, RowKind kind)
    {
        _kinds[slot] = Mark(kind);
        _counts[(int)kind]++;
    }

    /// <summary>Takes the item out of a slot, which is not free before <see cref="Free"/>.</summary>
    public void Clear(int slot)
    {
        if (_kinds[slot] == 0) return;
        _counts[_kinds[slot] - 1]--;
        _kinds[slot] = 0;
    }

    public void Free(int slot) => _free.Add(slot);

    /// <summary>Fills the table when an index is opened.</summary>
    public void Load(IEnumerable<(int Slot, RowKind Kind)> slots)
    {
        foreach (var (slot, kind) in slots)
        {
            Reserve(slot + 1);
            Used = Math.Max(Used, slot + 1);
            Fill(slot, kind);
        }

        for (int slot = 0; slot < Used; slot++)
            if (_kinds[slot] == 0) _free.Add(slot);
    }

    private void Reserve(int slots)
    {
        if (slots > _kinds.Length) Array.Resize(ref _kinds, Math.Max(slots, 2 * _kinds.Length));
    }
}
