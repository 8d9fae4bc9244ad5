namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>Queries, keys and values of one head of attention, or their gradients: rows of D, a stride apart.</summary>
internal readonly unsafe struct HeadRows(float* queries, float* keys, float* values, nint stride)
{
    public float* Queries => queries;

    public float* Keys => keys;

    public float* Values => values;

    public nint Stride => stride;
}
