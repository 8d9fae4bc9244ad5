namespace CsAligner.Tensors.Autograd;

/// <summary>
/// Records operations in the forward pass and runs their backward passes. Operations are extension methods
/// (<see cref="Ops"/>); each result belongs to the tape, which gives its memory back during <see cref="Backward(Tensor)"/>
/// and, whatever is left, at its end. One tape is used by one thread; its kernels use all of
/// <see cref="Compute.Threads"/>.
/// </summary>
public sealed class Tape : IDisposable
{
    [ThreadStatic]
    private static Stack<Contents>? _idle;

    // Memory of an earlier tape: training makes one tape after the other. Null after disposal.
    private Contents? _contents;

    /// <summary>A tape that records, for training.</summary>
    public Tape()
        : this(recording: true)
    {
    }

    private Tape(bool recording)
    {
        Recording = recording;
        _contents = _idle is { } idle && idle.TryPop(out var contents) ? contents : new Contents([], []);
    }

    /// <summary>Whether gradients can be asked of this tape.</summary>
    public bool Recording { get; }

    /// <summary>A tape that only computes: nothing is kept for a backward pass.</summary>
    public static Tape Inference() => new(recording: false);

    /// <summary>
    /// An operation of an application's own: computes its result at once, and its gradients when <see cref="Backward(Tensor)"/> comes by.
    /// The two delegates share what the backward pass needs from the forward pass as captured variables; the inputs and the result still
    /// hold their values then. <see cref="GradientCheck"/> tells whether the two go together.
    /// <example>
    /// ln(1 + e^x), whose derivative is the sigmoid; x [any shape], the result as x:
    /// <code>
    /// static Tensor Softplus(Tape tape, Tensor x) => tape.Apply(x.Shape, [x],
    ///     y =>
    ///     {
    ///         for (int i = 0; i &lt; x.Length; i++) y.Span[i] = MathF.Max(x.Span[i], 0) + MathF.Log(1 + MathF.Exp(-MathF.Abs(x.Span[i])));
    ///     },
    ///     back =>
    ///     {
    ///         var dy = back.Upstream;
    ///         var dx = back.Of(0);
    ///         for (int i = 0; i &lt; x.Length; i++) dx[i] += dy[i] / (1 + MathF.Exp(-x.Span[i]));
    ///     });
    /// </code>
    /// </example>
    /// </summary>
    /// <param name="shape">The shape of the result.</param>
    /// <param name="inputs">Every tensor that needs gradients. The same one may occur twice.</param>
    /// <param name="forward">Fills the result, which holds zeros at first.</param>
    /// <param name="backward">
    /// Adds d loss / d input to <see cref="OpGradients.Of"/> of each input that <see cref="OpGradients.Wants"/> one. It runs once in a
    /// backward pass whose loss depends on the result, and never if no input requires a gradient.
    /// </param>
    /// <returns>A tensor of the shape, of this tape.</returns>
    public Tensor Apply(ReadOnlySpan<int> shape, IReadOnlyList<Tensor> inputs, Action<Tensor> forward, Action<OpGradients> backward)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(forward);
        ArgumentNullException.ThrowIfNull(backward);
        Tensor[] from = [.. inputs];
        if (Array.Exists(from, input => input is null)) throw new ArgumentException("An input is null.", nameof(inputs));
        var result = Rent(shape, Array.Exists(from, input => input.RequiresGrad));
        result.Span.Clear();
        forward(result);
        Record(result, (from, backward), static (result, state) => new OpGradients(result, state.from).Run(state.backward));
        return result;
    }

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
        if (loss.Length != 1)
            throw new ArgumentException($"Backward needs a loss of one element; the shape is {Shapes.Format(loss.Shape)}.", nameof(loss));
        Backward(loss, [1]);
    }

    /// <summary>The same for a loss computed elsewhere from a tensor of this tape,
    /// given its gradient with respect to that tensor.</summary>
    /// <param name="output">A tensor that this tape computed; it is not released.</param>
    /// <param name="gradient">d loss / d output, as many elements.</param>
    /// <exception cref="ArgumentException">There are more or fewer elements.</exception>
    /// <exception cref="InvalidOperationException">The tape does not record, or the output depends on no parameter.</exception>
    public unsafe void Backward(Tensor output, ReadOnlySpan<float> gradient)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (gradient.Length != output.Length)
            throw new ArgumentException($"The gradient has {gradient.Length} elements, the output is {Shapes.Format(output.Shape)}.",
                nameof(gradient));
        if (!Recording) throw new InvalidOperationException("This tape does not record: use new Tape() for gradients.");
        if (!output.RequiresGrad) throw new InvalidOperationException("The loss does not depend on any tensor that requires a gradient.");

        var nodes = Live.Nodes;
        gradient.CopyTo(new Span<float>(output.GradSink(out _), output.Length));
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (node.Output.HasGrad) node.Backward();
            node.Saved?.Release();
            if (node.Output != output) node.Output.Release();
        }

        Live.RecycleNodes();
    }

    /// <summary>
    /// Runs <paramref name="body"/>; where nothing is recorded, everything it made but its result is released at once,
    /// so that inference needs the memory of one block and not of the whole model.
    /// </summary>
    /// <param name="body">A part of a model; its result is a tensor of this tape.</param>
    public Tensor Scope(Func<Tensor> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var owned = Live.Owned;
        int start = owned.Count;
        var result = body();
        if (Recording) return result;

        int kept = start;
        for (int i = start; i < owned.Count; i++)
        {
            if (result.SharesMemoryWith(owned[i])) owned[kept++] = owned[i];
            else owned[i].Release();
        }

        owned.RemoveRange(kept, owned.Count - kept);
        return result;
    }

    /// <summary>Releases every tensor that is left.</summary>
    public void Dispose()
    {
        if (_contents is not { } contents) return;
        foreach (var tensor in contents.Owned) tensor.Release();
        contents.Owned.Clear();
        contents.RecycleNodes();
        _contents = null;
        (_idle ??= new()).Push(contents);
    }

    /// <summary>A new tensor of this tape, its elements not set.</summary>
    internal Tensor Rent(ReadOnlySpan<int> shape, bool requiresGrad = false)
        => Own(Tensor.Rent(shape, requiresGrad && Recording));

    /// <summary>A new tensor of this tape for a gradient of the parameter, its elements not set: where that one's own is idle,
    /// its memory.</summary>
    internal Tensor RentGradientOf(Tensor parameter)
        => Own(parameter.TakeUnusedGradBuffer() ?? Tensor.Rent(parameter.Shape, false));

    /// <summary>A new tensor of this tape in the shape of another, its elements not set.</summary>
    internal Tensor RentLike(Tensor other, bool requiresGrad = false)
        => Own(Tensor.RentLike(other, requiresGrad && Recording));

    /// <summary>The same with rows of another width.</summary>
    internal Tensor RentLike(Tensor other, int width, bool requiresGrad = false)
        => Own(Tensor.RentLike(other, width, requiresGrad && Recording));

    /// <summary>Remembers how gradients pass through <paramref name="output"/>, where it requires one.</summary>
    /// <param name="output">The operation's result.</param>
    /// <param name="state">The state for the backward pass.</param>
    /// <param name="backward">Reads the output's gradient and adds to its inputs'; a static function of output and state,
    /// which leaves nothing on the heap.</param>
    /// <param name="saved">A tensor of the tape that only this backward needs.</param>
    internal void Record<TState>(Tensor output, TState state, Action<Tensor, TState> backward, Tensor? saved = null)
    {
        if (output.RequiresGrad) Live.Nodes.Add(TapeNode<TState>.Take(output, state, backward, saved));
    }

    /// <summary>The same by a closure, for operations that no training step repeats.</summary>
    internal void Record(Tensor output, Action backward, Tensor? saved = null) => Record(output, backward, static (_, run) => run(), saved);

    private Tensor Own(Tensor tensor)
    {
        Live.Owned.Add(tensor);
        return tensor;
    }

    private Contents Live => _contents ?? throw new ObjectDisposedException(nameof(Tape), "The tape has been disposed: create another.");

    private sealed record Contents(List<Tensor> Owned, List<TapeNode> Nodes)
    {
        public void RecycleNodes()
        {
            foreach (var node in Nodes) node.Recycle();
            Nodes.Clear();
        }
    }
}
