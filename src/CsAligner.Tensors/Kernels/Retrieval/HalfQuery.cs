namespace CsAligner.Tensors.Kernels.Retrieval;

/// <summary>A query of <see cref="HalfDots"/>: what it asks for, and where its scores go. Whoever made it keeps the memory in
/// place.</summary>
/// <param name="scaled">[D], from <see cref="HalfDots.Prepare"/>.</param>
/// <param name="width">D.</param>
/// <param name="wanted">A byte for each row: not zero where it is asked for.</param>
/// <param name="scores">A score for each row.</param>
/// <param name="count">Rows that it asks for at most; what lies behind is left alone.</param>
internal readonly unsafe struct HalfQuery(float* scaled, int width, byte* wanted, float* scores, int count)
{
    public float* Scaled => scaled;

    public int Width => width;

    public float* Scores => scores;

    public int Count => count;

    public bool Asks(int row) => wanted[row] != 0;

    public void Set(int row, float score)
    {
        if (row < count) scores[row] = Asks(row) ? score : float.NegativeInfinity;
    }
}
