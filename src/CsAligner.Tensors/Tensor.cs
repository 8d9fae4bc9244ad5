using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors;

/// <summary>
/// A float32 array of any rank: contiguous, row-major, aligned to 64 bytes. A tensor made by a constructor belongs to
/// the garbage collector; a tensor that an operation returns belongs to its <see cref="Autograd.Tape"/> and is valid
/// until the tape's backward pass or its end: copy what must outlive it (<see cref="Clone"/>).
/// </summary>
public sealed unsafe class Tensor
{
    private readonly int[] _shape;
    private readonly Tensor? _viewOf;
    private readonly bool _pooled;
    private FloatBuffer? _buffer;
    private FloatBuffer? _grad;
    private bool _hasGrad;
    private bool _requiresGrad;

    /// <summary>A tensor of zeros. No size at all makes a scalar.</summary>
    /// <param name="shape">Sizes, outermost first; each at least 0.</param>
    public Tensor(params ReadOnlySpan<int> shape)
    {
        _shape = shape.ToArray();
        Length = Shapes.Length(shape);
        _buffer = new FloatBuffer(Length);
        Span.Clear();
    }

    private Tensor(int[] shape, int length, FloatBuffer buffer, bool requiresGrad)
    {
        _shape = shape;
        Length = length;
        _buffer = buffer;
        _pooled = true;
        _requiresGrad = requiresGrad;
    }

    private Tensor(Tensor viewOf, int[] shape)
    {
        _viewOf = viewOf;
        _shape = shape;
        Length = viewOf.Length;
    }

    /// <summary>Sizes, outermost first.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>How many sizes <see cref="Shape"/> has; 0 for a scalar.</summary>
    public int Rank => _shape.Length;

    /// <summary>The number of elements.</summary>
    public int Length { get; }

    /// <summary>The size of the last dimension; 1 for a scalar.</summary>
    public int Width => _shape.Length == 0 ? 1 : _shape[^1];

    /// <summary>The number of rows when all dimensions but the last are taken together.</summary>
    public int Rows => Width == 0 ? 0 : Length / Width;

    /// <summary>The elements, row after row.</summary>
    /// <exception cref="ObjectDisposedException">The tape that owned this tensor has let it go.</exception>
    public Span<float> Span => Buffer.Span(Length);

    /// <summary>The single element of a tensor of length 1.</summary>
    public float Item =>
        Length == 1
            ? Span[0]
            : throw new InvalidOperationException($"Item needs exactly one element; the shape is {Shapes.Format(_shape)}.");

    /// <summary>Whether backward passes compute a gradient with respect to this tensor. Set it on parameters.</summary>
    public bool RequiresGrad
    {
        get => Root._requiresGrad;
        set => Root._requiresGrad = value;
    }

    /// <summary>Whether a gradient has been added since the start or the last <see cref="ZeroGrad"/>.</summary>
    public bool HasGrad => Root._hasGrad;

    /// <summary>The gradient, shaped like the tensor; backward passes add to it.</summary>
    /// <exception cref="InvalidOperationException">No backward pass has reached this tensor.</exception>
    public Span<float> Grad =>
        HasGrad
            ? Root._grad!.Span(Length)
            : throw new InvalidOperationException("This tensor has no gradient: no backward pass reached it, or it does not require one.");

    internal float* Pointer => Buffer.Pointer;

    internal float* GradPointer => HasGrad ? Root._grad!.Pointer : throw new InvalidOperationException("This tensor has no gradient.");

    private FloatBuffer Buffer =>
        Root._buffer
            ?? throw new ObjectDisposedException(nameof(Tensor),
                "The tape that owned this tensor has released it; Clone() what must outlive the tape.");

    private Tensor Root => _viewOf ?? this;

    /// <summary>A tensor with a copy of <paramref name="values"/>.</summary>
    /// <param name="values">Elements in row-major order; their number must match the shape.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    public static Tensor From(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape)
    {
        if (values.Length != Shapes.Length(shape))
            throw new ArgumentException($"Shape {Shapes.Format(shape)} needs {Shapes.Length(shape)} values, got {values.Length}.",
                nameof(values));
        var tensor = new Tensor(shape);
        values.CopyTo(tensor.Span);
        return tensor;
    }

    /// <summary>A tensor of independent normal values.</summary>
    /// <param name="random">The generator that is drawn from, in row-major order.</param>
    /// <param name="standardDeviation">Their standard deviation; the mean is 0.</param>
    /// <param name="shape">Sizes, outermost first.</param>
    public static Tensor Normal(RandomGenerator random, float standardDeviation, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(random);
        var tensor = new Tensor(shape);
        foreach (ref float value in tensor.Span) value = (float)random.NextNormal() * standardDeviation;
        return tensor;
    }

    /// <summary>A copy that belongs to the garbage collector, without gradient.</summary>
    public Tensor Clone() => From(Span, _shape);

    /// <summary>The same elements under another shape; data and gradient are shared.</summary>
    /// <param name="shape">Sizes with the same product; one may be -1 and is worked out.</param>
    public Tensor Reshape(params ReadOnlySpan<int> shape)
    {
        var sizes = shape.ToArray();
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            sizes[open] = 1;
            int rest = Shapes.Length(sizes);
            sizes[open] = rest == 0 ? 0 : Length / rest;
        }

        if (Shapes.Length(sizes) != Length)
            throw new ArgumentException($"A tensor of shape {Shapes.Format(_shape)} cannot be read as {Shapes.Format(shape)}.",
                nameof(shape));
        return new Tensor(Root, sizes);
    }

    /// <summary>Forgets the gradient; the next backward pass starts from zero.</summary>
    public void ZeroGrad() => Root._hasGrad = false;

    internal static Tensor Rent(ReadOnlySpan<int> shape, bool requiresGrad)
    {
        int length = Shapes.Length(shape);
        return new Tensor(shape.ToArray(), length, BufferPool.Shared.Rent(length), requiresGrad);
    }

    internal static Tensor RentLike(Tensor other, bool requiresGrad) =>
        new(other._shape, other.Length, BufferPool.Shared.Rent(other.Length), requiresGrad);

    internal static Tensor RentLike(Tensor other, int width, bool requiresGrad)
    {
        int[] shape = [.. other._shape];
        shape[^1] = width;
        int length = Shapes.Length(shape);
        return new Tensor(shape, length, BufferPool.Shared.Rent(length), requiresGrad);
    }

    /// <summary>
    /// Where a backward pass writes this tensor's gradient. <paramref name="accumulate"/> is false when nothing is
    /// there yet: the buffer then holds rubbish and every element must be written.
    /// </summary>
    internal float* GradSink(out bool accumulate)
    {
        var root = Root;
        root._grad ??= root._pooled ? BufferPool.Shared.Rent(Length) : new FloatBuffer(Length);
        accumulate = root._hasGrad;
        root._hasGrad = true;
        return root._grad.Pointer;
    }

    /// <summary>The gradient, zeros where there was none.</summary>
    internal Span<float> GradOrZeros()
    {
        var values = new Span<float>(GradSink(out bool accumulate), Length);
        if (!accumulate) values.Clear();
        return values;
    }

    /// <summary>Where a backward pass writes the gradient of a tensor that may need none.</summary>
    internal GradientTarget GradTarget()
    {
        if (!RequiresGrad) return default;
        float* values = GradSink(out bool accumulate);
        return new GradientTarget(values, accumulate);
    }

    /// <summary>Takes over the gradient buffer of <paramref name="consumed"/>, which must not be used again;
    /// false when that is not possible.</summary>
    internal bool TryTakeGradOf(Tensor consumed)
    {
        var (root, other) = (Root, consumed.Root);
        if (!root._pooled || !other._pooled || root._grad is not null || root.Length != other.Length) return false;
        (root._grad, root._hasGrad) = (other._grad, true);
        (other._grad, other._hasGrad) = (null, false);
        return true;
    }

    /// <summary>
    /// Takes the elements of <paramref name="gradient"/> for this tensor's gradient without copying them, and leaves it the buffer
    /// that was here for that; false if there is a gradient to add to, or a buffer that no pool knows.
    /// </summary>
    internal bool TryAdoptGrad(Tensor gradient)
    {
        var root = Root;
        if (root._hasGrad || !gradient._pooled || (root._grad is not null && !BufferPool.Owns(root._grad))) return false;
        (root._grad, gradient._buffer, root._hasGrad) = (gradient._buffer, root._grad, true);
        return true;
    }

    /// <summary>The memory of a gradient that has been forgotten, as a tensor for the pool to take back;
    /// null if there is none.</summary>
    internal Tensor? TakeUnusedGradBuffer()
    {
        var root = Root;
        if (root._hasGrad || root._grad is null || !BufferPool.Owns(root._grad)) return null;
        var lent = new Tensor([.. _shape], Length, root._grad, requiresGrad: false);
        root._grad = null;
        return lent;
    }

    internal bool SharesMemoryWith(Tensor other) => Root == other.Root;

    /// <summary>Gives the buffers of a tape's tensor back to the pool. Views and tensors of the garbage collector are left alone.</summary>
    internal void Release()
    {
        if (!_pooled) return;
        if (_buffer is not null) BufferPool.Shared.Return(_buffer);
        if (_grad is not null) BufferPool.Shared.Return(_grad);
        (_buffer, _grad, _hasGrad) = (null, null, false);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Tensor {Shapes.Format(_shape)}";
}
