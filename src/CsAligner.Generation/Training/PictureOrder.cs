using CsAligner.Tensors;

namespace CsAligner.Generation.Training;

/// <summary>
/// Which pictures a step shows: each once an epoch, coloured ones as often as the recipe says, in an order drawn by the seed. Any step can
/// be asked for at any time, so that a resumed run continues as if it had never stopped.
/// </summary>
internal sealed class PictureOrder
{
    private readonly int[] _shown;
    private readonly ulong _seed;
    private int[] _epoch = [];
    private long _epochNumber = -1;

    public PictureOrder(IConditionedPictures pictures, int colouredRepeats, ulong seed)
    {
        _shown =
        [
            .. Enumerable.Range(0, pictures.Count).SelectMany(i => Enumerable.Repeat(i, pictures.IsColoured(i) ? colouredRepeats : 1))
        ];
        _seed = seed;
    }

    /// <summary>Pictures shown in an epoch.</summary>
    public int PerEpoch => _shown.Length;

    /// <summary>The picture shown at a place in the run, from 0.</summary>
    public int At(long sample)
    {
        long epoch = sample / _shown.Length;
        if (epoch != _epochNumber)
        {
            _epoch = [.. _shown];
            new RandomGenerator(_seed).Split((ulong)epoch).Shuffle<int>(_epoch);
            _epochNumber = epoch;
        }

        return _epoch[sample % _shown.Length];
    }
}
