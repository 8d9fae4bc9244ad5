using CsAligner.Data.Packages;
using CsAligner.Tensors;

namespace CsAligner.Data.Icons;

/// <summary>
/// All captions of each icon of a split, the one that every icon has first, then the rest by source and order of its file:
/// <list type="bullet">
/// <item>names, aliases and categories of its set, and for emoji sets label and keywords of the emoji;</item>
/// <item>none twice for an icon, and none that is only numbers, single letters or codes (the first is kept as it is);</item>
/// <item>none that more than <see cref="MostIcons"/> icons of the split share, because it does not tell pictures apart (again the
/// first stays): most categories go;</item>
/// <item>in splits that train or choose, none whose name is held out for the test on new names (<see cref="NameHoldout"/>).</item>
/// </list>
/// Iconify's sets have no tags other than aliases and categories.
/// </summary>
public sealed class IconCaptions
{
    /// <summary>More icons of a split with one caption, and the caption is left out.</summary>
    public const int MostIcons = 50;

    private readonly IReadOnlyList<IconCaption>[] _captions;

    private IconCaptions(IReadOnlyList<IconCaption>[] captions) => _captions = captions;

    /// <summary>How many icons there are.</summary>
    public int Count => _captions.Length;

    /// <summary>How many captions all icons have together.</summary>
    public int TotalCount => _captions.Sum(c => c.Count);

    /// <summary>How many icons are of emoji sets.</summary>
    public int EmojiIcons { get; private init; }

    /// <summary>How many of those were found among the emoji.</summary>
    public int MatchedEmoji { get; private init; }

    /// <summary>Captions skipped because their name is held out.</summary>
    public int DroppedNewNames { get; private init; }

    /// <summary>Captions skipped because more than <see cref="MostIcons"/> icons share them.</summary>
    public int DroppedShared { get; private init; }

    /// <summary>The captions of an icon; at least one.</summary>
    /// <param name="icon">Its number in the data set.</param>
    public IReadOnlyList<IconCaption> this[int icon] => _captions[icon];

    /// <summary>Finds the captions of a data set's icons; fetches the names of emoji where the split has emoji sets.</summary>
    /// <param name="dataset">The icons.</param>
    /// <param name="progress">Receives what is being downloaded; may be null.</param>
    /// <param name="cancellationToken">Ends npm and leaves nothing half done.</param>
    /// <exception cref="InputException">No npm, no network, damaged files.</exception>
    public static async Task<IconCaptions> BuildAsync(IconDataset dataset, IProgress<string>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var codes = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (IconSource set in dataset.Sets)
        {
            if (IconSetReader.ReadEmojiCodes(Path.Combine(DataCache.Root, set.Package!.RelativeFolder), set.Set) is { } known)
                codes[set.Set] = known;
        }

        EmojiNames? names = codes.Count == 0 ? null : await EmojiNames.LoadAsync(progress, cancellationToken);
        IconManifest manifest = IconManifest.Default;
        bool measured = dataset.Split is IconSplit.Test or IconSplit.NewNames;
        return Of([.. Enumerable.Range(0, dataset.Count).Select(i => dataset[i])], codes, names,
            measured ? null : new NameHoldout(manifest.NewNameSeed, manifest.NewNameFraction));
    }

    /// <summary>The texts of icons, one below the other, and for each the place of its icon among them: <c>P.npy</c>.</summary>
    /// <param name="icons">Which icons, in this order; all where null.</param>
    /// <param name="distinct">
    /// For measuring: leaves out what two of these icons are called, but where it is the first caption. Two right answers to one
    /// query would make recall meaningless.
    /// </param>
    /// <returns>As many texts as pairs.</returns>
    public (IReadOnlyList<string> Texts, long[] Pairs) Flatten(IReadOnlyList<int>? icons = null, bool distinct = false)
    {
        icons ??= [.. Enumerable.Range(0, Count)];
        var texts = new List<string>();
        var pairs = new List<long>();
        HashSet<string> several = distinct
            ? [.. icons.SelectMany(i => _captions[i]).CountBy(c => c.Text, StringComparer.Ordinal).Where(c => c.Value > 1)
                .Select(c => c.Key)]
            : [];
        for (int i = 0; i < icons.Count; i++)
        {
            foreach (IconCaption caption in _captions[icons[i]].Where((c, k) => k == 0 || !several.Contains(c.Text)))
            {
                texts.Add(caption.Text);
                pairs.Add(i);
            }
        }

        return (texts, [.. pairs]);
    }

    /// <summary>The captions of icons.</summary>
    /// <param name="icons">The icons of a split.</param>
    /// <param name="codes">Of each emoji set, icon name to code points, as far as it says.</param>
    /// <param name="emoji">The names of emoji; null only if there is no emoji set.</param>
    /// <param name="holdout">The names kept out, where the split trains or chooses.</param>
    internal static IconCaptions Of(IReadOnlyList<IconEntry> icons, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> codes,
        EmojiNames? emoji, NameHoldout? holdout)
    {
        int emojiIcons = 0, matched = 0, newNames = 0;
        var all = new List<IconCaption>[icons.Count];
        var uses = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < icons.Count; i++)
        {
            IconEntry icon = icons[i];
            Emoji? drawn = null;
            if (codes.TryGetValue(icon.Set, out IReadOnlyDictionary<string, string>? known))
            {
                emojiIcons++;
                // Where the set says which code points an icon draws, its name is not asked.
                drawn = known.TryGetValue(icon.Name, out string? code)
                    ? emoji!.FindByCode(code) ?? emoji.FindByName(icon.Name)
                    : emoji!.FindByName(icon.Name);
                matched += drawn is null ? 0 : 1;
            }

            List<IconCaption> own =
                [.. Candidates(icon, drawn).DistinctBy(c => c.Text, StringComparer.Ordinal).Where((c, k) => k == 0 || IsWords(c.Text))];
            newNames += holdout is null ? 0 : own.RemoveAll(c => c.Source != CaptionSource.Name && holdout.IsHeldOut(c.Text));
            all[i] = own;
            foreach (IconCaption caption in own)
                uses[caption.Text] = uses.GetValueOrDefault(caption.Text) + 1;
        }

        int shared = all.Sum(own => own.RemoveAll(c => c.Source != CaptionSource.Name && uses[c.Text] > MostIcons));
        return new IconCaptions([.. all])
        {
            EmojiIcons = emojiIcons,
            MatchedEmoji = matched,
            DroppedNewNames = newNames,
            DroppedShared = shared
        };
    }

    private static IEnumerable<IconCaption> Candidates(IconEntry icon, Emoji? emoji)
    {
        IEnumerable<IconCaption> captions =
        [
            new(icon.Caption, CaptionSource.Name),
            .. icon.Alternatives.Select(a => new IconCaption(a, CaptionSource.Alias)),
            .. icon.Categories.Select(c => new IconCaption(c, CaptionSource.Category)),
        ];
        return emoji is null
            ? captions
            : [.. captions, new(emoji.Label, CaptionSource.EmojiLabel),
                .. emoji.Tags.Select(t => new IconCaption(t, CaptionSource.EmojiTag))];
    }

    // At least one word that is neither a letter, a number nor a code ("u1f600", "1f468", "owm904").
    private static bool IsWords(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Any(word => word.Length > 1 && word.Count(char.IsLetter) > 1 && word.Count(char.IsDigit) < 2);
}
