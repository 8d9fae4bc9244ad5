namespace CsAligner.Tensors;

/// <summary>Where a backward pass puts a gradient: null where nobody wants it.</summary>
/// <param name="values">As large as what it is the gradient of.</param>
/// <param name="accumulate">Whether to add to what is there; else every element must be written.</param>
internal readonly unsafe struct GradientTarget(float* values, bool accumulate)
{
    public float* Values => values;

    public bool Accumulate => accumulate;
}
