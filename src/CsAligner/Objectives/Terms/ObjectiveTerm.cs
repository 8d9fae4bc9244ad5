using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Objectives.Terms;

/// <summary>
/// A term of what alignment minimises. The library's own are in <see cref="ObjectiveTerms"/>; an application derives others and hands
/// them to the trainer beside these. A term holds settings only and serves any number of runs: what a run trains comes from
/// <see cref="CreateParameters"/>.
/// </summary>
public abstract class ObjectiveTerm
{
    /// <summary>
    /// The name of the term in files and on the command line, such as <c>cs</c>: no spaces, no plus. A checkpoint identifies its run by
    /// the names of the terms, so settings that change the value belong in the name.
    /// </summary>
    public abstract string Name { get; }

    /// <summary>
    /// What a checkpoint knows the term by: the name and every setting that changes the value. A run is resumed only where it is the same.
    /// A term without settings leaves it at the name.
    /// </summary>
    public virtual string Identity => Name;

    /// <summary>Whether the term counts lambda times beside terms that are not contrastive. Others count once.</summary>
    public virtual bool IsContrastive => false;

    /// <summary>Whether the term compares pairs, and so is left out of a step without any.</summary>
    public virtual bool NeedsPairs => false;

    /// <summary>Whether <see cref="TermInputs.Bandwidth"/> is read. It is computed only where a term needs it.</summary>
    public virtual bool NeedsBandwidth => false;

    /// <summary>Whether <see cref="TermInputs.LogitScale"/>, and so the temperature, is read.</summary>
    public virtual bool NeedsLogitScale => false;

    /// <summary>Whether <see cref="TermInputs.StartX"/> and <see cref="TermInputs.StartY"/> are read. They are computed only where a term
    /// needs them.</summary>
    public virtual bool NeedsStart => false;

    /// <summary>
    /// Whether the term is right where a step has all texts of its images (<see cref="TermInputs.ImageOfText"/>): divergences of whole
    /// sets are, terms that take row i of y for the partner of row i of x are not.
    /// </summary>
    public virtual bool SupportsAllCaptions => false;

    /// <summary>
    /// Creates the term's own trained tensors for one run. The optimizer trains it and checkpoints hold it by these names,
    /// which must differ from those of other terms and from <c>logit_scale</c>.
    /// </summary>
    /// <param name="width">D, the width of the rows.</param>
    /// <param name="random">The run's random source, for random initial values.</param>
    public virtual IReadOnlyList<(string Name, Tensor Values)> CreateParameters(int width, RandomGenerator random) => [];

    /// <summary>Computes the term, before its weight.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="inputs">The rows of a step and what goes with them.</param>
    /// <returns>A tensor of one element, computed by operations of the tape from the rows.</returns>
    public abstract Tensor Forward(Tape tape, TermInputs inputs);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}
