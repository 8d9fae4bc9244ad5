namespace CsAligner.Tensors.Autograd;

/// <summary>
/// Records operations on the way forward and runs their gradients on the way back. Operations are extension methods
/// (<see cref="Ops"/>); each result belongs to the tape, which gives its memory back during <see cref="Backward(Tensor)"/>
/// and, whatever is left, at its end. One tape is used by one thread; its kernels use all of
/// <see cref="Compute.Threads"/>.
/// </summary>
public sealed class Tape : IDisposable
{
    private readonly List<Tensor> _owned = [];
    private readonly List<Node> _nodes = [];

    /// <summary>A tape that records, for training.</summary>
    public Tape()
        : this(recording: true)
    {
    }

    private Tape(bool recording) => Recording = recording;

    /// <summary>Whether gradients can be asked of this tape.</summary>
    public bool Recording { get; }

    /// <summary>A tape that only computes: nothing is kept for a backward pass.</summary>
    public static Tape Inference() => new(recording: false);

    /// <summary>
    /// Adds d loss / d t to <see cref="Tensor.Grad"/> of every parameter t that the loss depends on, and releases every
    /// tensor of the tape but the loss itself.
    /// </summary>
    /// <param name="loss">A tensor of one element that this tape computed.</param>
    /// <exception cref="ArgumentException">The loss has more than one element.</exception>
    /// <exception cref="InvalidOperationException">The tape does not record, or the loss depends on no parameter.</exception>
    public void Backward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (loss.Length != 1) throw new ArgumentException($"Backward needs a loss of one element; the shape is {Shapes.Format(loss.Shape)}.", nameof(loss));
        Backward(loss, [1]);
    }

    /// <summary>The same for a loss computed elsewhere from a tensor of this tape, given its gradient with respect to that tensor.</summary>
    /// <param name="output">A tensor that this tape computed; it is not released.</param>
    /// <param name="gradient">d loss / d output, as many elements.</param>
    /// <exception cref="ArgumentException">There are more or fewer elements.</exception>
    /// <exception cref="InvalidOperationException">The tape does not record, or the output depends on no parameter.</exception>
    public unsafe void Backward(Tensor output, ReadOnlySpan<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (gradient.Length != output.Length) throw new ArgumentException($"The gradient has {gradient.Length} elements, the output is {Shapes.Format(output.Shape)}.", nameof(gradient));
        if (!Recording) throw new InvalidOperationException("This tape does not record: use new Tape() where gradients are wanted.");
        if (!output.RequiresGrad) throw new InvalidOperationException("The loss does not depend on any tensor that requires a gradient.");

        gradient.CopyTo(new Span<float>(output.GradSink(out _), output.Length));
        for (int i = _nodes.Count - 1; i >= 0; i--)
        {
            var node = _nodes[i];
            if (node.Output.HasGrad) node.Backward();
            foreach (var saved in node.Saved) saved.Release();
            if (node.Output != output) node.Output.Release();
        }

        _nodes.Clear();
    }

    /// <summary>
    /// Runs <paramref name="body"/>; where nothing is recorded, everything it made but its result is released at once,
    /// so that inference needs the memory of one block and not of the whole model.
    /// </summary>
    /// <param name="body">A part of a model; its result is a tensor of this tape.</param>
    public Tensor Scope(Func<Tensor> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        int start = _owned.Count;
        var result = body();
        if (Recording) return result;

        int kept = start;
        for (int i = start; i < _owned.Count; i++)
        {
            if (result.SharesMemoryWith(_owned[i])) _owned[kept++] = _owned[i];
            else _owned[i].Release();
        }

        _owned.RemoveRange(kept, _owned.Count - kept);
        return result;
    }

    /// <summary>Releases every tensor that is left.</summary>
    public void Dispose()
    {
        foreach (var tensor in _owned) tensor.Release();
        _owned.Clear();
        _nodes.Clear();
    }

    /// <summary>A new tensor of this tape, its elements not set.</summary>
    internal Tensor Rent(ReadOnlySpan<int> shape, bool requiresGrad = false)
    {
        var tensor = Tensor.Rent(shape, requiresGrad && Recording);
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>A new tensor of this tape for a gradient of the parameter, its elements not set: where that one's own is idle, its memory.</summary>
    internal Tensor RentGradientOf(Tensor parameter)
    {
        var tensor = parameter.LendIdleGrad() ?? Tensor.Rent(parameter.Shape, false);
        _owned.Add(tensor);
        return tensor;
    }

    /// <summary>Remembers how gradients pass through <paramref name="output"/>; called only where it requires one.</summary>
    /// <param name="output">The operation's result.</param>
    /// <param name="backward">Reads the output's gradient and adds to its inputs'.</param>
    /// <param name="saved">Tensors of the tape that only this backward needs.</param>
    internal void Record(Tensor output, Action backward, params Tensor[] saved)
    {
        if (output.RequiresGrad) _nodes.Add(new Node(output, backward, saved));
    }

    private readonly record struct Node(Tensor Output, Action Backward, Tensor[] Saved);
}
