namespace CsAligner.Tensors.Kernels;

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

    /// <summary>x * y + sum, rounded once where the hardware has such an instruction.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector sum);
}
