using System.Numerics;

namespace CsAligner.Tensors.Memory;

/// <summary>
/// Keeps released buffers by size class, so that a training step in its steady state takes nothing from the heap.
/// Classes are four to an octave: at most a quarter of a buffer is unused.
/// </summary>
internal sealed class BufferPool
{
    private const int SmallestClass = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<FloatBuffer>> _free = [];
    private long _allocatedBytes;
    private long _allocations;

    public static BufferPool Shared { get; } = new();

    /// <summary>Tests set it: a returned buffer is filled with NaN, so that whoever still reads it is found.</summary>
    public static bool PoisonReturned { get; set; }

    /// <summary>Bytes of all buffers this pool ever made and still knows.</summary>
    public long AllocatedBytes => Interlocked.Read(ref _allocatedBytes);

    /// <summary>How many buffers this pool took from the heap.</summary>
    public long Allocations => Interlocked.Read(ref _allocations);

    public FloatBuffer Rent(int length)
    {
        int capacity = SizeClass(length);
        lock (_lock)
        {
            // A larger buffer will do where the sizes change from step to step, as with texts; one twice as large would be a waste.
            for (int larger = capacity; larger <= 2L * capacity; larger = SizeClass(larger + 1))
                if (_free.TryGetValue(larger, out var stack) && stack.TryPop(out var buffer)) return buffer;
            _allocatedBytes += (long)capacity * sizeof(float);
            _allocations++;
        }

        return new FloatBuffer(capacity);
    }

    /// <summary>Whether a buffer has a size that this pool hands out.</summary>
    public static bool Owns(FloatBuffer buffer) => buffer.Capacity == SizeClass(buffer.Capacity);

    public void Return(FloatBuffer buffer)
    {
        if (PoisonReturned) buffer.Span(buffer.Capacity).Fill(float.NaN);
        lock (_lock)
        {
            if (!_free.TryGetValue(buffer.Capacity, out var stack)) _free[buffer.Capacity] = stack = new();
            stack.Push(buffer);
        }
    }

    /// <summary>Lets go of every free buffer: for the end of a phase whose sizes do not come again.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            foreach (var (capacity, stack) in _free) _allocatedBytes -= (long)capacity * sizeof(float) * stack.Count;
            _free.Clear();
        }
    }

    private static int SizeClass(int length)
    {
        if (length <= SmallestClass) return SmallestClass;
        int quarter = 1 << (BitOperations.Log2((uint)(length - 1)) - 2);
        return checked((int)(((long)length + quarter - 1) / quarter * quarter));
    }
}
