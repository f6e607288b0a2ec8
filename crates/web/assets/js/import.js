// A file that is dropped anywhere on the page of imports is chosen and sent.
import { one } from './dom.js';

/** Listens to files that are dragged over the page. */
export function listenToDrops() {
  const file = one('.drop-zone input[type=file]');
  if (!file) return;
  const zone = file.closest('.drop-zone');
  const carried = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carried(event)) return;
    event.preventDefault();
    zone.classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) zone.classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    if (!carried(event)) return;
    event.preventDefault();
    zone.classList.remove('over');
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    file.form.requestSubmit();
  });
}
