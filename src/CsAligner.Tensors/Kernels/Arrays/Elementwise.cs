using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Arrays;

/// <summary>Sums, differences and products of arrays, same shape, repeated or broadcast.</summary>
internal static unsafe class Elementwise
{
    private delegate float Binary(float a, float b);

    public static void Copy(float* x, float* y, int length) => Blocks.For(length, Blocks.Elements, new CopyBody(x, y));

    /// <summary>y (+)= factor x.</summary>
    public static void Scale(float* x, float factor, float* y, int length, bool accumulate)
        => Blocks.For(length, Blocks.Elements, new ScaleBody(x, factor, y, accumulate));

    /// <summary>y (+)= a b, elements in pairs.</summary>
    public static void Multiply(float* a, float* b, float* y, int length, bool accumulate)
        => Blocks.For(length, Blocks.Elements, new MultiplyBody(a, b, y, accumulate));

    public static void Add(float* a, float* b, float* y, int length)
        => Blocks.For(length, Blocks.Elements, new AddBody(a, b, y));

    public static void Subtract(float* a, float* b, float* y, int length)
        => Blocks.For(length, Blocks.Elements, new SubtractBody(a, b, y));

    /// <summary>y[r] = a[r] - b for each of <paramref name="rows"/> rows of length <paramref name="width"/>.</summary>
    public static void SubtractFromRows(float* a, float* b, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, new SubtractFromRowsBody(a, b, y, width));

    /// <summary>y[r] = a - b[r] for each row.</summary>
    public static void SubtractRows(float* a, float* b, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, new SubtractRowsBody(a, b, y, width));

    /// <summary>y[r] = a[r] + b for each of <paramref name="rows"/> rows of length <paramref name="width"/>.</summary>
    public static void AddToRows(float* a, float* b, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, new AddToRowsBody(a, b, y, width));

    /// <summary>y[r] = a[r] * b for each row.</summary>
    public static void MultiplyRows(float* a, float* b, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, new MultiplyRowsBody(a, b, y, width));

    /// <summary>Each of <paramref name="rows"/> rows of y becomes the same row.</summary>
    public static void RepeatRow(float* row, float* y, int rows, int width)
        => Blocks.ForRows(rows, width, new RepeatRowBody(row, y, width));

    /// <summary>x += share (target - x): a step of a moving average. Both have one length.</summary>
    public static void MoveTowards(Tensor x, Tensor target, float share)
    {
        Blocks.For(x.Length, Blocks.Elements, new MoveTowardsBody(x.Pointer, target.Pointer, share));
        GC.KeepAlive(x);
        GC.KeepAlive(target);
    }

    public static void AddBroadcast(float* a, ReadOnlySpan<int> stridesA, float* b, ReadOnlySpan<int> stridesB, float* y,
        ReadOnlySpan<int> shape)
        => Broadcast(a, stridesA, b, stridesB, y, shape, static (p, q) => p + q);

    public static void SubtractBroadcast(float* a, ReadOnlySpan<int> stridesA, float* b, ReadOnlySpan<int> stridesB, float* y,
        ReadOnlySpan<int> shape)
        => Broadcast(a, stridesA, b, stridesB, y, shape, static (p, q) => p - q);

    public static void MultiplyBroadcast(float* a, ReadOnlySpan<int> stridesA, float* b, ReadOnlySpan<int> stridesB, float* y,
        ReadOnlySpan<int> shape)
        => Broadcast(a, stridesA, b, stridesB, y, shape, static (p, q) => p * q);

    /// <summary>
    /// target[broadcast index] += source: the gradient of a broadcast, in element order; the target must hold numbers.
    /// With <paramref name="factor"/>, source elements are first multiplied by the factor's at its own broadcast index.
    /// </summary>
    public static void ReduceBroadcast(float* source, float* factor, ReadOnlySpan<int> factorStrides, float* target,
        ReadOnlySpan<int> targetStrides, ReadOnlySpan<int> shape)
    {
        Span<int> index = stackalloc int[shape.Length];
        int length = Shapes.Length(shape);
        for (int i = 0; i < length; i++)
        {
            int at = Dot(index, targetStrides);
            target[at] += factor is null ? source[i] : source[i] * factor[Dot(index, factorStrides)];
            Advance(index, shape);
        }
    }

    // The general broadcast: rare shapes only (the common ones have kernels above), so plain and serial.
    private static void Broadcast(float* a, ReadOnlySpan<int> stridesA, float* b, ReadOnlySpan<int> stridesB, float* y,
        ReadOnlySpan<int> shape, Binary operation)
    {
        Span<int> index = stackalloc int[shape.Length];
        int length = Shapes.Length(shape);
        for (int i = 0; i < length; i++)
        {
            y[i] = operation(a[Dot(index, stridesA)], b[Dot(index, stridesB)]);
            Advance(index, shape);
        }
    }

    private static int Dot(ReadOnlySpan<int> index, ReadOnlySpan<int> strides)
    {
        int sum = 0;
        for (int i = 0; i < index.Length; i++) sum += index[i] * strides[i];
        return sum;
    }

    private static void Advance(Span<int> index, ReadOnlySpan<int> shape)
    {
        for (int i = index.Length - 1; i >= 0; i--)
        {
            if (++index[i] < shape[i]) return;
            index[i] = 0;
        }
    }

    private static Span<float> In(float* x, int start, int end) => new(x + start, end - start);

    private static Span<float> Row(float* x, int row, int width) => new(x + ((long)row * width), width);

    private readonly struct CopyBody(float* x, float* y) : IBlockBody
    {
        public void Run(int start, int end) => In(x, start, end).CopyTo(In(y, start, end));
    }

    private readonly struct ScaleBody(float* x, float factor, float* y, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            if (!accumulate) TensorPrimitives.Multiply(In(x, start, end), factor, In(y, start, end));
            else if (factor == 1) TensorPrimitives.Add(In(x, start, end), In(y, start, end), In(y, start, end));
            else TensorPrimitives.MultiplyAdd(In(x, start, end), factor, In(y, start, end), In(y, start, end));
        }
    }

    private readonly struct MoveTowardsBody(float* x, float* target, float share) : IBlockBody
    {
        public void Run(int start, int end) => TensorPrimitives.Lerp(In(x, start, end), In(target, start, end), share, In(x, start, end));
    }

    private readonly struct MultiplyBody(float* a, float* b, float* y, bool accumulate) : IBlockBody
    {
        public void Run(int start, int end)
        {
            if (accumulate) TensorPrimitives.MultiplyAdd(In(a, start, end), In(b, start, end), In(y, start, end), In(y, start, end));
            else TensorPrimitives.Multiply(In(a, start, end), In(b, start, end), In(y, start, end));
        }
    }

    private readonly struct AddBody(float* a, float* b, float* y) : IBlockBody
    {
        public void Run(int start, int end) => TensorPrimitives.Add(In(a, start, end), In(b, start, end), In(y, start, end));
    }

    private readonly struct AddToRowsBody(float* a, float* b, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++) TensorPrimitives.Add(Row(a, r, width), Row(b, 0, width), Row(y, r, width));
        }
    }

    private readonly struct SubtractBody(float* a, float* b, float* y) : IBlockBody
    {
        public void Run(int start, int end) => TensorPrimitives.Subtract(In(a, start, end), In(b, start, end), In(y, start, end));
    }

    private readonly struct SubtractFromRowsBody(float* a, float* b, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++) TensorPrimitives.Subtract(Row(a, r, width), Row(b, 0, width), Row(y, r, width));
        }
    }

    private readonly struct SubtractRowsBody(float* a, float* b, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++) TensorPrimitives.Subtract(Row(a, 0, width), Row(b, r, width), Row(y, r, width));
        }
    }

    private readonly struct MultiplyRowsBody(float* a, float* b, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++) TensorPrimitives.Multiply(Row(a, r, width), Row(b, 0, width), Row(y, r, width));
        }
    }

    private readonly struct RepeatRowBody(float* row, float* y, int width) : IBlockBody
    {
        public void Run(int start, int end)
        {
            for (int r = start; r < end; r++) Row(row, 0, width).CopyTo(Row(y, r, width));
        }
    }
}
