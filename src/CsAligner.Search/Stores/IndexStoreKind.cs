namespace CsAligner.Search.Stores;

/// <summary>A kind of store that an address can name.</summary>
/// <param name="Schemes">What addresses of this kind begin with, <c>://</c> included.</param>
/// <param name="OpenAsync">Opens the index at an address; makes it where a width is given and there is none.</param>
public sealed record IndexStoreKind(IReadOnlyList<string> Schemes, Func<string, int?, CancellationToken, Task<ISearchIndex>> OpenAsync);
