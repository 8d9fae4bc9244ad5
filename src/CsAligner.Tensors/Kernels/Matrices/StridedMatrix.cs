namespace CsAligner.Tensors.Kernels.Matrices;

/// <summary>
/// A matrix where it lies: element (i, j) at values[i * row + j * column]; of a batch, each <paramref name="batch"/> elements behind the
/// one before (0: the same for all).
/// </summary>
internal readonly unsafe struct StridedMatrix(float* values, nint row, nint column = 1, nint batch = 0)
{
    public float* Values => values;

    public nint Row => row;

    public nint Column => column;

    public nint Batch => batch;
}
