namespace CsAligner.Tensors.Kernels.Vectors;

/// <summary>
/// What kernels do with vectors of float32 of one width, so that they are written once for all widths. The vectors are
/// those of .NET themselves: wrapped in a type of ours, the JIT adds a register move to every third multiply-add.
/// </summary>
internal unsafe interface ILanes<TVector>
{
    static abstract int Count { get; }

    static abstract TVector Zero { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector vector, float* target);

    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector x, TVector y);

    static abstract TVector Subtract(TVector x, TVector y);

    static abstract TVector Multiply(TVector x, TVector y);

    static abstract TVector Divide(TVector x, TVector y);

    /// <summary>The smaller; which one of a number and NaN is open.</summary>
    static abstract TVector Min(TVector x, TVector y);

    /// <summary>The larger; which one of a number and NaN is open.</summary>
    static abstract TVector Max(TVector x, TVector y);

    /// <summary>x * y + sum, rounded once where the hardware has such an instruction.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector sum);

    /// <summary>2^n, for n from -126 to 127 in the lowest bits of 1.5 * 2^23 + n.</summary>
    static abstract TVector PowerOfTwo(TVector shifted);

    /// <summary>The value, or 0 where x is below the limit.</summary>
    static abstract TVector ZeroBelow(TVector x, TVector limit, TVector value);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(TVector x);

    /// <summary>The largest of all lanes.</summary>
    static abstract float Largest(TVector x);
}
