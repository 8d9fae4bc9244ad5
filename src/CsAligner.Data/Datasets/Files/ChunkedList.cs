namespace CsAligner.Data.Datasets.Files;

/// <summary>A list for millions of small values: it grows by blocks, so nothing is copied and at most one block is unused.</summary>
/// <typeparam name="T">A value without references.</typeparam>
internal sealed class ChunkedList<T>
    where T : unmanaged
{
    private const int Shift = 13;
    private const int Mask = (1 << Shift) - 1;

    private readonly List<T[]> _blocks = [];

    public int Count { get; private set; }

    public ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return ref _blocks[index >> Shift][index & Mask];
        }
    }

    public void Add(T value)
    {
        if (Count >> Shift == _blocks.Count) _blocks.Add(new T[1 << Shift]);
        _blocks[Count >> Shift][Count & Mask] = value;
        Count++;
    }
}
