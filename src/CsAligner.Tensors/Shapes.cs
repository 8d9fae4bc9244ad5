namespace CsAligner.Tensors;

/// <summary>Arithmetic on shapes.</summary>
internal static class Shapes
{
    public static int Length(ReadOnlySpan<int> shape)
    {
        long length = 1;
        foreach (int size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            length *= size;
            if (length > Array.MaxLength)
                throw new ArgumentException($"A tensor of shape {Format(shape)} has more than {Array.MaxLength} elements.", nameof(shape));
        }

        return (int)length;
    }

    public static string Format(ReadOnlySpan<int> shape) => $"[{string.Join(", ", shape.ToArray())}]";

    /// <summary>The shape of a NumPy-style broadcast of <paramref name="a"/> with <paramref name="b"/>.</summary>
    public static int[] Broadcast(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var result = new int[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= result.Length; i++)
        {
            int sizeA = i <= a.Length ? a[^i] : 1;
            int sizeB = i <= b.Length ? b[^i] : 1;
            if (sizeA != sizeB && sizeA != 1 && sizeB != 1)
                throw new ArgumentException(
                    $"Shapes {Format(a)} and {Format(b)} do not broadcast: sizes {sizeA} and {sizeB} differ and neither is 1.", nameof(b));
            result[^i] = sizeA == 1 ? sizeB : sizeA;
        }

        return result;
    }

    /// <summary>Element strides of <paramref name="shape"/> when read as <paramref name="broadcast"/>:
    /// 0 where a size of 1 is repeated.</summary>
    public static int[] BroadcastStrides(ReadOnlySpan<int> shape, ReadOnlySpan<int> broadcast)
    {
        var strides = new int[broadcast.Length];
        int stride = 1;
        for (int i = 1; i <= shape.Length; i++)
        {
            strides[^i] = shape[^i] == 1 ? 0 : stride;
            stride *= shape[^i];
        }

        return strides;
    }
}
