namespace CsAligner.Tensors.Kernels;

/// <summary>A vector of float32 of one width, so that a kernel is written once for all widths.</summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Load(float* source);

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Add(TSelf x, TSelf y);

    /// <summary>x * y + sum, rounded once where the hardware has such an instruction.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf sum);

    void Store(float* target);
}
