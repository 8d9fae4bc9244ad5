using CsAligner.Training;

namespace CsAligner.Studies.Baselines;

/// <summary>
/// A way of others to bring two modalities together, to compare ours with: a map of each in closed form, fitted to some rows and applied
/// to any. <c>raw</c>, <c>mean-shift</c> and <c>barycentre</c> are objectives of align and not repeated here.
/// </summary>
internal abstract class Baseline
{
    /// <summary>The value of a case's <c>baseline</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, one sentence for the page without its full stop.</summary>
    public abstract string About { get; }

    /// <summary>What its setting is, for people; empty if it has none.</summary>
    public virtual string Setting => "";

    /// <summary>The values of the setting that are tried; none if it has no setting.</summary>
    public virtual IReadOnlyList<double> Settings => [];

    /// <summary>Whether it learns from pairs; others take pairs for rows that know nothing of each other.</summary>
    public virtual bool NeedsPairs => false;

    /// <summary>Fits it. What is common to all settings is computed once.</summary>
    /// <param name="data">Pairs, and rows without a partner.</param>
    /// <returns>The maps by setting; the setting of one that has none is not read.</returns>
    public abstract Func<double, BaselineMaps> Fit(AlignmentData data);
}
